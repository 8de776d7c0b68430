from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from apps import MakeApp
from flask import Flask
from flask.testing import FlaskClient
from people import PASSWORD, Cast

from rlflow_core.extensions import db
from rlflow_core.services import accounts

API = "/api/v1/auth"
EVE = {"email": "eve@example.org", "password": "correct horse 7"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def signed_in(client: FlaskClient, **account: str) -> dict[str, Any]:
    body = {**EVE, **account}
    assert client.post(f"{API}/register", json=body).status_code == 201
    answer = client.post(f"{API}/login", json=body)
    assert answer.status_code == 200
    tokens: dict[str, Any] = answer.get_json()
    return tokens


def test_a_person_registers_signs_in_refreshes_and_signs_out(client: FlaskClient) -> None:
    registered = client.post(f"{API}/register", json=EVE)
    assert registered.status_code == 201
    account = registered.get_json()
    assert set(account) == {"id", "email", "role", "created_at"}
    assert account["role"] == "annotator"
    login = client.post(f"{API}/login", json=EVE).get_json()
    assert login["user"] == account
    assert (login["token_type"], login["expires_in"]) == ("Bearer", 900)
    assert client.get(f"{API}/me", headers=bearer(login["access_token"])).get_json() == account
    renewed = client.post(f"{API}/refresh", headers=bearer(login["refresh_token"]))
    assert renewed.status_code == 200
    tokens = renewed.get_json()
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert client.post(f"{API}/logout", headers=bearer(tokens["access_token"])).status_code == 204
    for token in (tokens["access_token"], login["access_token"]):
        answer = client.get(f"{API}/me", headers=bearer(token))
        assert (answer.status_code, answer.get_json()["code"]) == (401, "token_revoked")
    assert client.post(f"{API}/refresh", headers=bearer(tokens["refresh_token"])).status_code == 401


@pytest.mark.parametrize("field", ["role", "is_admin", "id", "created_at", "quality_score", "token_version"])
def test_registering_takes_no_field_but_address_and_password(sqlite_app: Flask, field: str) -> None:
    client = sqlite_app.test_client()
    answer = client.post(f"{API}/register", json={**EVE, field: "admin"})
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {"json": {field: ["Unknown field."]}}
    assert client.post(f"{API}/login", json=EVE).status_code == 401


def test_the_stand_in_for_an_imported_annotator_cannot_be_taken(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    for address in ("ann@00000000-0000-7000-8000-000000000000.imported", "ann@x.IMPORTED"):
        answer = client.post(f"{API}/register", json={**EVE, "email": address})
        assert (answer.status_code, "imported files" in answer.get_data(as_text=True)) == (422, True)


def test_one_address_has_one_account_however_it_is_written(client: FlaskClient) -> None:
    signed_in(client, email="Ａda@Example.ORG ")
    for written in ("ada@example.org", " ADA@example.org", "ａｄａ@example.org"):
        answer = client.post(f"{API}/register", json={**EVE, "email": written})
        assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict"), written
        login = client.post(f"{API}/login", json={**EVE, "email": written})
        assert login.get_json()["user"]["email"] == "ada@example.org"


@pytest.mark.parametrize(
    "email", ["", "eve", "@", "a b@x.org", "a@b@c", "e\u200bve@x.org", "x" * 300 + "@x.org"]
)
def test_what_is_no_address_is_refused_at_its_field(sqlite_app: Flask, email: str) -> None:
    answer = sqlite_app.test_client().post(f"{API}/register", json={**EVE, "email": email})
    assert answer.status_code == 422
    assert "email" in answer.get_json()["errors"]["json"]


def test_wrong_password_unknown_address_and_closed_account_get_the_same_answer(
    client: FlaskClient, app: Flask
) -> None:
    signed_in(client)
    wrong = client.post(f"{API}/login", json={**EVE, "password": "not the password"})
    unknown = client.post(f"{API}/login", json={**EVE, "email": "nobody@example.org"})
    no_address = client.post(f"{API}/login", json={**EVE, "email": "nobody"})
    with app.app_context():
        db.transact(accounts.disable, EVE["email"])
    closed = client.post(f"{API}/login", json=EVE)
    for answer in (wrong, unknown, no_address, closed):
        assert answer.status_code == 401
        assert answer.get_data() == wrong.get_data()
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("registration", ["closed", "invite"])
def test_registration_can_be_closed(app_with: MakeApp, registration: str) -> None:
    client = app_with(RLFLOW_REGISTRATION=registration).test_client()
    answer = client.post(f"{API}/register", json=EVE)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "registration_closed")
    assert client.post(f"{API}/login", json=EVE).status_code == 401


def test_another_password_ends_every_other_sign_in(cast: Cast) -> None:
    account = {"email": cast.bob.email, "password": PASSWORD}
    elsewhere = cast.anonymous().post(f"{API}/login", json=account).get_json()
    bob = cast.as_(cast.bob)
    assert len(bob.get(f"{API}/sessions").get_json()["items"]) == 2
    body = {"current_password": PASSWORD, "new_password": "another long password"}
    assert bob.post(f"{API}/password", json={**body, "current_password": "wrong"}).status_code == 422
    assert bob.post(f"{API}/password", json={**body, "new_password": PASSWORD}).status_code == 422
    assert bob.post(f"{API}/password", json={**body, "new_password": "password1"}).status_code == 422
    assert bob.post(f"{API}/password", json={**body, "user_id": "x"}).status_code == 422
    assert bob.post(f"{API}/password", json=body).status_code == 204
    assert bob.get(f"{API}/me").status_code == 200
    for token in (elsewhere["access_token"],):
        assert cast.anonymous().get(f"{API}/me", headers=bearer(token)).status_code == 401
    assert (
        cast.anonymous().post(f"{API}/refresh", headers=bearer(elsewhere["refresh_token"])).status_code == 401
    )
    assert cast.anonymous().post(f"{API}/login", json=account).status_code == 401
    account["password"] = body["new_password"]
    assert cast.anonymous().post(f"{API}/login", json=account).status_code == 200


def test_a_person_sees_and_ends_their_own_sign_ins_only(cast: Cast) -> None:
    account = {"email": cast.bob.email, "password": PASSWORD}
    agent = {"User-Agent": "a script/1.0"}
    token = cast.anonymous().post(f"{API}/login", json=account, headers=agent).get_json()["access_token"]
    listed = cast.as_(cast.bob).get(f"{API}/sessions").get_json()["items"]
    assert sorted((one["agent"], one["is_this"]) for one in listed if one["agent"]) == [
        ("a script/1.0", False)
    ]
    other = next(one["id"] for one in listed if not one["is_this"])
    assert cast.as_(cast.charlie).delete(f"{API}/sessions/{other}").status_code == 404
    assert cast.as_(cast.dora).delete(f"{API}/sessions/{other}").status_code == 404
    assert cast.anonymous().get(f"{API}/me", headers=bearer(token)).status_code == 200
    assert cast.as_(cast.bob).delete(f"{API}/sessions/{other}").status_code == 204
    assert cast.anonymous().get(f"{API}/me", headers=bearer(token)).status_code == 401
    assert cast.as_(cast.bob).get(f"{API}/me").status_code == 200


def test_disabling_and_a_new_role_hold_on_the_next_request(cast: Cast) -> None:
    bob, charlie = cast.as_(cast.bob), cast.as_(cast.charlie)
    assert bob.get(f"{API}/me").status_code == 200
    with cast.app.app_context():
        db.transact(accounts.set_role, cast.bob.email, "researcher")
        db.transact(accounts.disable, cast.charlie.email)
    assert bob.get(f"{API}/me").status_code == 401
    assert charlie.get(f"{API}/me").status_code == 401
    again = cast.anonymous().post(f"{API}/login", json={"email": cast.bob.email, "password": PASSWORD})
    assert again.get_json()["user"]["role"] == "researcher"


def test_a_lost_answer_gets_the_same_successor_within_ten_seconds(client: FlaskClient) -> None:
    first = signed_in(client)["refresh_token"]
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        second = client.post(f"{API}/refresh", headers=bearer(first)).get_json()["refresh_token"]
        clock.shift(9)
        repeated = client.post(f"{API}/refresh", headers=bearer(first))
        assert repeated.get_json()["refresh_token"] == second
        assert client.get(f"{API}/me", headers=bearer(repeated.get_json()["access_token"])).status_code == 200


def test_using_an_old_refresh_token_again_ends_the_whole_sign_in(client: FlaskClient) -> None:
    first = signed_in(client)["refresh_token"]
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        second = client.post(f"{API}/refresh", headers=bearer(first)).get_json()
        clock.shift(11)
        assert client.post(f"{API}/refresh", headers=bearer(first)).status_code == 401
        assert client.post(f"{API}/refresh", headers=bearer(second["refresh_token"])).status_code == 401
        assert client.get(f"{API}/me", headers=bearer(second["access_token"])).status_code == 401


def test_the_token_before_the_last_two_ends_the_sign_in_even_within_the_grace_time(
    client: FlaskClient,
) -> None:
    first = signed_in(client)["refresh_token"]
    second = client.post(f"{API}/refresh", headers=bearer(first)).get_json()["refresh_token"]
    assert client.post(f"{API}/refresh", headers=bearer(second)).status_code == 200
    assert client.post(f"{API}/refresh", headers=bearer(first)).status_code == 401
    assert client.post(f"{API}/refresh", headers=bearer(second)).status_code == 401


def test_tokens_expire_after_fifteen_minutes_seven_days_and_thirty_days(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    tokens = signed_in(client)
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clock:
        clock.move_to(start + timedelta(minutes=16))
        late = client.get(f"{API}/me", headers=bearer(tokens["access_token"]))
        assert (late.status_code, late.get_json()["code"]) == (401, "token_expired")
        refresh = tokens["refresh_token"]
        for day in (6, 12, 18, 24, 29):
            clock.move_to(start + timedelta(days=day))
            refresh = client.post(f"{API}/refresh", headers=bearer(refresh)).get_json()["refresh_token"]
        clock.move_to(start + timedelta(days=30, minutes=1))
        assert client.post(f"{API}/refresh", headers=bearer(refresh)).status_code == 401
    with time_machine.travel(start + timedelta(days=8), tick=False):
        other = client.post(f"{API}/refresh", headers=bearer(tokens["refresh_token"]))
        assert other.status_code == 401


def test_the_kinds_of_token_are_not_interchangeable(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    tokens = signed_in(client)
    assert client.get(f"{API}/me", headers=bearer(tokens["refresh_token"])).status_code == 401
    assert client.post(f"{API}/refresh", headers=bearer(tokens["access_token"])).status_code == 401


def test_tokens_in_the_address_a_cookie_or_the_body_do_not_count(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    token = signed_in(client)["access_token"]
    for name in ("access_token_cookie", "access_token", "rlflow", "jwt"):
        client.set_cookie(name, token)
    assert client.get(f"{API}/me?jwt={token}").status_code == 401
    assert client.get(f"{API}/me?access_token={token}").status_code == 401
    assert client.post(f"{API}/logout", json={"access_token": token}).status_code == 401


def test_passwords_and_their_hashes_are_never_in_an_answer(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    for path in ("register", "login"):
        answer = client.post(f"{API}/{path}", json=EVE)
        assert EVE["password"] not in answer.get_data(as_text=True)
        assert "hash" not in answer.get_data(as_text=True)
