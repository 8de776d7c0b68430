"""Who calls the API: the token of the Authorization header, checked against the database on every request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.extensions import db
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.roles import Access
from rlflow_core.security.tokens import Claims, Kind, read_token
from rlflow_core.services import refresh_families, tokens
from rlflow_core.services.errors import Forbidden, Unauthenticated
from rlflow_core.services.tokens import TokenUse

# Noting every use would make every GET write.
TOUCH_AFTER = timedelta(hours=1)
MAX_LENGTH = 100
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def viewer_of_token() -> Viewer:
    """The person of the access or API token, as the database has them now; Unauthenticated says what is wrong."""
    token = _bearer("access")
    if token.startswith(tokens.PREFIX):
        return _viewer_of_api_token(token)
    claims = read_token(token, "access", current_app.config["RLFLOW"])
    viewer = refresh_families.viewer_of(db.read, claims)
    if viewer is None:
        raise Unauthenticated("This sign-in has ended. Sign in again.", code="token_revoked")
    g.family_id = claims.family_id
    return viewer


def check_api_token(access: Access) -> None:
    """Refuse (Forbidden) what the API token of this request may not do, though its owner may."""
    use: TokenUse | None = g.get("api_token")
    if use is None:
        return
    if not access.takes_api_tokens:
        raise Forbidden(
            "API tokens may not do this. Sign in with your password instead.", code="sign_in_needed"
        )
    if use.scope == "read" and request.method not in SAFE_METHODS:
        raise Forbidden("This token may only read. Use one with the scope write.", code="token_scope")


def bearer_claims(kind: Kind) -> tuple[Claims, str]:
    """The claims of the request's bearer token of this kind, and the token itself."""
    token = _bearer(kind)
    return read_token(token, kind, current_app.config["RLFLOW"]), token


def _bearer(kind: Kind) -> str:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(
            f"Send the header Authorization: Bearer, with the {kind} token.", code="token_missing"
        )
    return token


def _viewer_of_api_token(token: str) -> Viewer:
    use = tokens.find(db.read, token) if len(token) <= MAX_LENGTH else None
    if use is None:
        raise Unauthenticated("This API token does not count, or no longer.", code="token_revoked")
    g.api_token, g.via = use, "token"
    _note_use(use)
    return use.viewer


def _note_use(use: TokenUse) -> None:
    if use.last_used_at is not None and datetime.now(UTC) - use.last_used_at < TOUCH_AFTER:
        return
    try:
        db.transact(tokens.touch, use.id)
    except SQLAlchemyError as error:
        current_app.logger.warning("the use of a token could not be noted: %s", type(error).__name__)
