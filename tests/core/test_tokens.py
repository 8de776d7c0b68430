from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from apps import MakeApp
from databases import SECRETS
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from people import Cast

from rlflow_core.security.tokens import CLAIMS

ME = "/api/v1/auth/me"
KEY = SECRETS["RLFLOW_JWT_SECRET_KEY"]
OTHER_KEY = "another key of the tests: 5512cd0be9a7"


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims_of(cast: Cast) -> dict[str, Any]:
    token = cast.alice.headers["Authorization"].split()[1]
    return dict(jwt.decode(token, options={"verify_signature": False}))


def status(cast: Cast, token: str) -> int:
    answer = cast.anonymous().get(ME, headers={"Authorization": f"Bearer {token}"})
    if answer.status_code == 401:
        body = answer.get_json()
        assert set(body) == {"code", "status", "message", "errors"}
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    return answer.status_code


def test_a_token_holds_exactly_the_claims_that_are_asked_for(sqlite_cast: Cast) -> None:
    assert set(claims_of(sqlite_cast)) >= CLAIMS
    assert status(sqlite_cast, jwt.encode(claims_of(sqlite_cast), KEY, "HS256")) == 200


@pytest.mark.parametrize("claim", sorted(CLAIMS))
def test_a_token_without_one_of_its_claims_is_refused(sqlite_cast: Cast, claim: str) -> None:
    claims = claims_of(sqlite_cast)
    del claims[claim]
    assert status(sqlite_cast, jwt.encode(claims, KEY, "HS256")) == 401


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "somebody"},
        {"aud": "something"},
        {"typ": "refresh"},
        {"type": "refresh"},
        {"exp": datetime.now(UTC) - timedelta(seconds=31)},
        {"nbf": datetime.now(UTC) + timedelta(days=1)},
        {"fam": "00000000-0000-7000-8000-000000000000"},
        {"sub": "00000000-0000-7000-8000-000000000000"},
        {"sub": 7},
        {"sub": None},
        {"exp": "soon"},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(sqlite_cast: Cast, change: dict[str, Any]) -> None:
    assert status(sqlite_cast, jwt.encode(claims_of(sqlite_cast) | change, KEY, "HS256")) == 401


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "nOnE", "NONE", "", "RS256", "ES256", "HS384", "HS512", None, 7]
)
def test_no_other_algorithm_is_taken(sqlite_cast: Cast, algorithm: Any) -> None:
    head = part({"alg": algorithm, "typ": "JWT"})
    body = part(claims_of(sqlite_cast))
    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(algorithm, hashlib.sha256)
    signature = hmac.digest(KEY.encode(), f"{head}.{body}".encode(), digest)
    signed = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    for last in ("", signed, part("\0" * 32)):
        assert status(sqlite_cast, f"{head}.{body}.{last}") == 401


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({"kid": "../../dev/null"}, ""),
        ({"kid": "' UNION SELECT 'x"}, "x"),
        ({"jku": "http://127.0.0.1:9/keys"}, OTHER_KEY),
        ({"x5u": "http://127.0.0.1:9/keys"}, OTHER_KEY),
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, "\0\0\0"),
        ({"crit": ["exp"]}, KEY),
    ],
)
def test_the_header_of_a_token_has_no_say_in_the_key(
    sqlite_cast: Cast, header: dict[str, Any], key: str
) -> None:
    head, body = part({"alg": "HS256", "typ": "JWT", **header}), part(claims_of(sqlite_cast))
    signature = hmac.digest(key.encode(), f"{head}.{body}".encode(), hashlib.sha256)
    token = f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert status(sqlite_cast, token) == 401


@pytest.mark.parametrize(
    "key", ["secret", "changeme", "your-256-bit-secret", "jwt-secret-key", OTHER_KEY, ""]
)
def test_a_token_signed_with_another_key_is_refused(sqlite_cast: Cast, key: str) -> None:
    head, body = part({"alg": "HS256", "typ": "JWT"}), part(claims_of(sqlite_cast))
    signature = hmac.digest(key.encode(), f"{head}.{body}".encode(), hashlib.sha256)
    assert (
        status(sqlite_cast, f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")
        == 401
    )


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Token abc",
        "Bearer a b",
        "Bearer a.b",
        "Bearer ...",
        "Bearer \xff.\xfe.\xfd",
        "Bearer " + "x" * 10_000,
        "Bearer " + base64.urlsafe_b64encode(b"[" * 1500).decode() + ".e30.x",
        "Bearer eyJhbGciOiJIUzI1NiJ9." + base64.urlsafe_b64encode(b"[" * 1300).decode() + ".x",
    ],
)
def test_a_malformed_header_is_401_and_nothing_worse(sqlite_cast: Cast, header: str) -> None:
    answer = sqlite_cast.anonymous().get(ME, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_key_before_the_last_verifies_and_does_not_sign(app_with: MakeApp) -> None:
    before = Cast(app_with(RLFLOW_JWT_SECRET_KEY=OTHER_KEY))
    header = before.alice.headers
    assert app_with().test_client().get(ME, headers=header).status_code == 401
    rotated = app_with(RLFLOW_JWT_SECRET_KEY_PREVIOUS=OTHER_KEY)
    assert rotated.test_client().get(ME, headers=header).status_code == 200
    account = {"email": "eve@example.org", "password": "correct horse 7"}
    client = rotated.test_client()
    client.post("/api/v1/auth/register", json=account)
    token = client.post("/api/v1/auth/login", json=account).get_json()["access_token"]
    assert jwt.decode(token, KEY, ["HS256"], audience="rlflow-api")
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, OTHER_KEY, ["HS256"], audience="rlflow-api")


def test_any_text_as_a_token_is_401(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()

    @settings(max_examples=200, deadline=None)
    @given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=300), st.integers(0, 3))
    def any_token(text: str, dots: int) -> None:
        token = ".".join([text] * (dots + 1))
        assert client.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code == 401

    any_token()
