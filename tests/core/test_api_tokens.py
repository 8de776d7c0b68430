"""API tokens: shown once, stored as a fingerprint, taken from the header only, and never more than their owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from people import Cast, Person
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.models import ApiToken
from rlflow_core.security.secrets import fingerprint
from rlflow_core.services import users

TOKENS = "/api/v1/tokens"
ME = "/api/v1/auth/me"


def make(cast: Cast, person: Person, **wanted: Any) -> dict[str, Any]:
    answer = cast.as_(person).post(TOKENS, json={"name": "A script", **wanted})
    assert answer.status_code == 201, answer.get_json()
    made: dict[str, Any] = answer.get_json()
    return made


def with_token(cast: Cast, token: str) -> FlaskClient:
    client = cast.as_(Person("", "", "", {"Authorization": f"Bearer {token}"}))
    assert isinstance(client, FlaskClient)
    return client


def test_a_token_calls_the_api_as_its_owner_until_it_is_revoked(cast: Cast) -> None:
    made = make(cast, cast.bob)
    assert set(made) == {
        "id", "name", "scope", "start", "created_at", "expires_at", "last_used_at", "token"
    }  # fmt: skip
    script = with_token(cast, made["token"])
    assert script.get(ME).get_json()["email"] == "bob@example.org"
    listed = cast.as_(cast.bob).get(TOKENS).get_json()["items"]
    assert [(one["id"], one["start"]) for one in listed] == [(made["id"], made["token"][:8])]
    assert listed[0]["last_used_at"] is not None
    assert "token" not in listed[0]
    assert cast.as_(cast.bob).delete(f"{TOKENS}/{made['id']}").status_code == 204
    answer = script.get(ME)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "token_revoked")
    assert cast.as_(cast.bob).get(TOKENS).get_json()["items"] == []
    assert cast.as_(cast.bob).delete(f"{TOKENS}/{made['id']}").status_code == 404


def test_the_database_holds_a_fingerprint_only(cast: Cast) -> None:
    made = make(cast, cast.bob)
    assert made["token"].startswith("rlf_")
    assert len(made["token"]) == 47
    with cast.app.app_context():
        row = db.read.scalars(select(ApiToken)).one()
        assert row.token_hash == fingerprint(made["token"])


def test_a_token_ends_when_its_time_has_come(sqlite_cast: Cast) -> None:
    made = make(sqlite_cast, sqlite_cast.bob, expires_in_days=2)
    script = with_token(sqlite_cast, made["token"])
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, hours=23), tick=False):
        assert script.get(ME).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2, seconds=1), tick=False):
        assert script.get(ME).status_code == 401
    forever = make(sqlite_cast, sqlite_cast.bob, expires_in_days=None)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3000), tick=False):
        assert with_token(sqlite_cast, forever["token"]).get(ME).status_code == 200


def test_a_new_role_holds_for_tokens_too_and_closing_ends_them(cast: Cast) -> None:
    script = with_token(cast, make(cast, cast.alice)["token"])
    assert script.get("/api/v1/projects").status_code == 200
    for change, status in (({"role": "annotator"}, 403), ({"disabled": True}, 401)):
        with cast.app.app_context():
            db.transact(users.change, cast.alice.id, **change)
        assert script.get("/api/v1/projects").status_code == status


def test_the_scope_is_the_most_a_token_may(sqlite_cast: Cast) -> None:
    reading = with_token(sqlite_cast, make(sqlite_cast, sqlite_cast.dora, scope="read")["token"])
    assert reading.get("/api/v1/projects").status_code == 200
    refused = reading.post("/api/v1/projects", json={"name": "x", "task_type": "qa"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "token_scope")
    writing = with_token(sqlite_cast, make(sqlite_cast, sqlite_cast.dora)["token"])
    assert writing.post("/api/v1/projects", json={"name": "x", "task_type": "qa"}).status_code == 201
    assert writing.get("/api/v1/users").status_code == 403
    office = with_token(sqlite_cast, make(sqlite_cast, sqlite_cast.dora, scope="admin")["token"])
    assert office.get("/api/v1/users").status_code == 200


def test_only_admins_have_tokens_of_the_scope_admin(sqlite_cast: Cast) -> None:
    answer = sqlite_cast.as_(sqlite_cast.alice).post(TOKENS, json={"name": "x", "scope": "admin"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", TOKENS),
        ("GET", TOKENS),
        ("POST", "/api/v1/auth/password"),
        ("POST", "/api/v1/auth/logout"),
        ("GET", "/api/v1/auth/sessions"),
    ],
)
def test_a_token_makes_no_tokens_and_changes_no_password(sqlite_cast: Cast, method: str, path: str) -> None:
    script = with_token(sqlite_cast, make(sqlite_cast, sqlite_cast.dora, scope="admin")["token"])
    answer = script.open(path, method=method, json={"name": "x"} if method == "POST" else None)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sign_in_needed")


def test_a_token_in_the_address_or_a_cookie_does_not_count(sqlite_cast: Cast) -> None:
    token = make(sqlite_cast, sqlite_cast.bob)["token"]
    client = sqlite_cast.anonymous()
    for name in ("rlflow", "access_token_cookie", "token"):
        client.set_cookie(name, token)
    for name in ("token", "access_token", "api_key", "jwt"):
        assert client.get(f"{ME}?{name}={token}").status_code == 401
    assert client.get(ME, headers={"X-API-Key": token}).status_code == 401
    assert client.get("/account").status_code == 302
    header = {"Authorization": f"Bearer {token}"}
    assert client.get("/account", headers=header).status_code == 302
    assert client.post("/api/v1/auth/refresh", headers=header).status_code == 401


@pytest.mark.parametrize(
    "token", ["rlf_", "rlf_x", "rlf_" + "x" * 43, "rlf_" + "x" * 5000, "RLF_abc", "rlf_\xff"]
)
def test_another_text_is_no_token(sqlite_cast: Cast, token: str) -> None:
    assert with_token(sqlite_cast, token).get(ME).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 101},
        {"name": "x", "scope": "all"},
        {"name": "x", "expires_in_days": 0},
        {"name": "x", "expires_in_days": 9999},
        {"name": "x", "user_id": "y"},
        {"name": "x", "token": "rlf_chosen"},
    ],
)
def test_what_does_not_fit_makes_no_token(sqlite_cast: Cast, body: dict[str, Any]) -> None:
    assert sqlite_cast.as_(sqlite_cast.bob).post(TOKENS, json=body).status_code == 422
    assert sqlite_cast.as_(sqlite_cast.bob).get(TOKENS).get_json()["items"] == []


def test_nobody_revokes_the_token_of_another(sqlite_cast: Cast) -> None:
    made = make(sqlite_cast, sqlite_cast.bob)
    for person in (sqlite_cast.charlie, sqlite_cast.dora):
        assert sqlite_cast.as_(person).delete(f"{TOKENS}/{made['id']}").status_code == 404
    assert with_token(sqlite_cast, made["token"]).get(ME).status_code == 200


def test_fifty_tokens_are_enough(sqlite_cast: Cast) -> None:
    bob = sqlite_cast.as_(sqlite_cast.bob)
    statuses = [bob.post(TOKENS, json={"name": f"n{n}"}).status_code for n in range(51)]
    assert statuses == [201] * 50 + [409]
