"""Access and refresh tokens: signed, never stored; the row of their sign-in decides whether they still count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from flask import Flask, current_app, g
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import ExpiredSignatureError, InvalidSignatureError, PyJWTError

from rlflow_core.config import Settings
from rlflow_core.extensions import jwt
from rlflow_core.services.errors import Unauthenticated

ISSUER = "rlflow"
AUDIENCE = "rlflow-api"
ALGORITHM = "HS256"
ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=7)
LEEWAY_SECONDS = 30
CLAIMS = {"iss", "aud", "sub", "jti", "fam", "typ", "iat", "nbf", "exp"}
# Ours have some 400 characters; a long one is not ours and not worth decoding.
MAX_LENGTH = 2048

Kind = Literal["access", "refresh"]


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and to which sign-in it belongs."""

    user_id: str
    family_id: str


def init_app(app: Flask) -> None:
    """Let `app` sign with its JWT key, and read what that key or the one before it signed."""
    settings: Settings = app.config["RLFLOW"]
    app.config.update(
        JWT_SECRET_KEY=settings.jwt_secret_key,
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_TOKEN_LOCATION=["headers"],
        JWT_COOKIE_CSRF_PROTECT=False,
        JWT_ENCODE_ISSUER=ISSUER,
        JWT_DECODE_ISSUER=ISSUER,
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_LEEWAY=LEEWAY_SECONDS,
        JWT_ACCESS_TOKEN_EXPIRES=ACCESS_LIFE,
        JWT_REFRESH_TOKEN_EXPIRES=REFRESH_LIFE,
    )
    jwt.init_app(app)
    jwt.decode_key_loader(_verifying_key)


def _verifying_key(_header: dict[str, Any], _claims: dict[str, Any]) -> str:
    # The header of a token (kid, jku, ...) has no say in the key.
    key: str = g.get("jwt_key") or current_app.config["JWT_SECRET_KEY"]
    return key


def access_token(user_id: str, family_id: str) -> str:
    """A token that calls the API as this person for 15 minutes, while its sign-in stands."""
    token: str = create_access_token(user_id, additional_claims={"fam": family_id, "typ": "access"})
    return token


def refresh_token(
    user_id: str, family_id: str, token_id: str, issued_at: datetime, expires_at: datetime
) -> str:
    """The refresh token with these claims: the same claims give the same token, so that it need not be stored."""
    claims = {
        "fam": family_id,
        "typ": "refresh",
        "jti": token_id,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": expires_at,
    }
    token: str = create_refresh_token(user_id, additional_claims=claims)
    return token


def read_token(token: str, kind: Kind, settings: Settings) -> Claims:
    """The claims of a valid `token` of this kind; Unauthenticated says whether it expired or is not valid."""
    try:
        claims = _decode(token, settings) if len(token) <= MAX_LENGTH else {}
    except ExpiredSignatureError:
        raise Unauthenticated(
            "The token has expired. Refresh it or sign in again.", code="token_expired"
        ) from None
    except (PyJWTError, JWTExtendedException, ValueError, TypeError, RecursionError):
        claims = {}
    # What lacks is None too: the library fills some in.
    lacks = any(claims.get(name) is None for name in CLAIMS)
    if lacks or claims["typ"] != kind or claims["type"] != kind:
        raise Unauthenticated(f"This is not a valid {kind} token. Sign in again.", code="token_invalid")
    return Claims(user_id=str(claims["sub"]), family_id=str(claims["fam"]))


def _decode(token: str, settings: Settings) -> dict[str, Any]:
    try:
        g.jwt_key = settings.jwt_secret_key
        return decode_token(token)
    except InvalidSignatureError:
        if not settings.jwt_secret_key_previous:
            raise
        g.jwt_key = settings.jwt_secret_key_previous
        return decode_token(token)
    finally:
        g.pop("jwt_key", None)
