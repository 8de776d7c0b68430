"""Invitations: each makes one account, as it says, until its time has come or it is revoked."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from apps import MakeApp
from import_scene import ImportScene
from people import Cast

from rlflow_core.extensions import db
from rlflow_core.services import invitations

API = "/api/v1/auth"
EVE = {"email": "eve@example.org", "password": "correct horse 7"}


@pytest.mark.parametrize("registration", ["open", "invite"])
def test_an_invitation_makes_one_account_as_it_says(app_with: MakeApp, registration: str) -> None:
    cast = Cast(app_with(RLFLOW_REGISTRATION=registration))
    dora, client = cast.as_(cast.dora), cast.anonymous()
    offer = {"email": "Eve@Example.org", "role": "researcher", "expires_in_days": 2}
    made = dora.post("/api/v1/invitations", json=offer).get_json()
    assert (made["email"], made["role"]) == ("eve@example.org", "researcher")
    assert [one["id"] for one in dora.get("/api/v1/invitations").get_json()["items"]] == [made["id"]]
    token = made["path"].rpartition("/")[2]
    other = client.post(f"{API}/register", json={**EVE, "email": "mallory@example.org", "invitation": token})
    assert (other.status_code, other.get_json()["code"]) == (403, "invitation_for_another")
    weak = client.post(f"{API}/register", json={**EVE, "password": "password1", "invitation": token})
    assert weak.status_code == 422
    answer = client.post(f"{API}/register", json={**EVE, "invitation": token})
    assert (answer.status_code, answer.get_json()["role"]) == (201, "researcher")
    again = client.post(f"{API}/register", json={**EVE, "email": "yo@example.org", "invitation": token})
    assert again.status_code == 404
    assert dora.get("/api/v1/invitations").get_json()["items"] == []


def test_an_invitation_ends_with_its_time_and_when_it_is_revoked(app_with: MakeApp) -> None:
    cast = Cast(app_with(RLFLOW_REGISTRATION="invite"))
    dora, client = cast.as_(cast.dora), cast.anonymous()
    late, revoked = (dora.post("/api/v1/invitations", json={}).get_json() for _ in range(2))
    assert dora.delete(f"/api/v1/invitations/{revoked['id']}").status_code == 204
    assert dora.delete(f"/api/v1/invitations/{revoked['id']}").status_code == 404
    body = {**EVE, "invitation": revoked["path"].rpartition("/")[2]}
    assert client.post(f"{API}/register", json=body).status_code == 404
    with time_machine.travel(datetime.now(UTC) + timedelta(days=7, seconds=1), tick=False):
        body = {**EVE, "invitation": late["path"].rpartition("/")[2]}
        assert client.post(f"{API}/register", json=body).status_code == 404
    assert client.post(f"{API}/register", json=EVE).status_code == 403


def test_of_many_who_use_one_invitation_at_once_one_gets_an_account(cast: Cast) -> None:
    with cast.app.app_context():
        made = db.transact(invitations.create, cast.dora.viewer, None, "researcher", None, 7)
    ready, statuses = threading.Barrier(4), []

    def register(n: int) -> None:
        body = {**EVE, "email": f"p{n}@example.org", "invitation": made.token}
        ready.wait(20)
        statuses.append(cast.anonymous().post(f"{API}/register", json=body).status_code)

    threads = [threading.Thread(target=register, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [201, 404, 404, 404]


def test_who_is_invited_into_a_project_is_a_member_of_it(cast: Cast) -> None:
    with cast.app.app_context():
        project_id = ImportScene(cast.alice).project_id
    dora = cast.as_(cast.dora)
    made = dora.post("/api/v1/invitations", json={"project": project_id}).get_json()
    assert made["project"] == project_id
    body = {**EVE, "invitation": made["path"].rpartition("/")[2]}
    assert cast.anonymous().post(f"{API}/register", json=body).status_code == 201
    listed = cast.as_(cast.alice).get(f"/api/v1/projects/{project_id}/members").get_json()["items"]
    assert ("eve@example.org", "annotator") in [(one["email"], one["role"]) for one in listed]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "nobody"}, 422),
        ({"email": "ann@x.imported"}, 422),
        ({"role": "owner"}, 422),
        ({"expires_in_days": 0}, 422),
        ({"expires_in_days": 31}, 422),
        ({"token": "chosen"}, 422),
        ({"created_by": "x"}, 422),
        ({"project": "00000000-0000-7000-8000-000000000000"}, 404),
    ],
)
def test_what_does_not_fit_invites_nobody(sqlite_cast: Cast, body: dict[str, Any], status: int) -> None:
    dora = sqlite_cast.as_(sqlite_cast.dora)
    assert dora.post("/api/v1/invitations", json=body).status_code == status
    assert dora.get("/api/v1/invitations").get_json()["items"] == []


def test_only_admins_invite(sqlite_cast: Cast) -> None:
    for person in (sqlite_cast.alice, sqlite_cast.bob):
        assert sqlite_cast.as_(person).post("/api/v1/invitations", json={}).status_code == 403
