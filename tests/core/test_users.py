"""Accounts as admins make and change them: all or none, the last admin stays, and changes hold on the next request."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from import_scene import ImportScene
from people import PASSWORD, Cast
from werkzeug.test import TestResponse

from rlflow_core.extensions import db
from rlflow_core.services import refresh_families

USERS = "/api/v1/users"
AUTH = "/api/v1/auth"
NEW = "another long password"


def make(cast: Cast, *people: dict[str, Any], **more: Any) -> TestResponse:
    return cast.as_(cast.dora).post(USERS, json={"users": list(people), **more})


def emails(cast: Cast, query: str = "") -> list[str]:
    page = cast.as_(cast.dora).get(f"{USERS}?{query}").get_json()
    return [user["email"] for user in page["items"]]


def test_an_admin_makes_many_accounts_at_once(cast: Cast) -> None:
    answer = make(cast, {"email": "Ines@Example.org"}, {"email": "yo@example.org", "role": "researcher"})
    assert answer.status_code == 201
    made = answer.get_json()["items"]
    assert [(one["user"]["email"], one["user"]["role"]) for one in made] == [
        ("ines@example.org", "annotator"),
        ("yo@example.org", "researcher"),
    ]
    assert all(one["link"]["path"].startswith("/password/") for one in made)
    assert made[0]["link"] != made[1]["link"]
    assert {"has_password": False, "disabled": False, "projects": 0}.items() <= made[0]["user"].items()
    assert {"ines@example.org", "yo@example.org"} <= set(emails(cast))


@pytest.mark.parametrize(
    ("people", "status", "said"),
    [
        ([{"email": "good@example.org"}, {"email": "nobody"}], 422, "e-mail address like"),
        (
            [{"email": "good@example.org"}, {"email": "BOB@example.org"}],
            409,
            "bob@example.org has an account",
        ),
        ([{"email": "good@example.org"}, {"email": "Good@example.org"}], 422, "twice"),
        ([{"email": "good@example.org", "role": "owner"}], 422, "Must be one of"),
        ([{"email": "good@example.org", "id": "7"}], 422, "Unknown field"),
        ([{"email": "good@example.org", "password": "x"}], 422, "Unknown field"),
        ([{"email": "x@y.imported"}], 422, "imported files"),
        ([], 422, "Length must be"),
        ([{"email": f"p{n}@example.org"} for n in range(201)], 422, "Length must be"),
    ],
)
def test_one_that_does_not_fit_leaves_none(
    sqlite_cast: Cast, people: list[dict[str, str]], status: int, said: str
) -> None:
    answer = make(sqlite_cast, *people)
    assert answer.status_code == status
    assert said in answer.get_data(as_text=True)
    assert "good@example.org" not in emails(sqlite_cast)


def test_new_people_join_the_project_that_is_named(sqlite_cast: Cast) -> None:
    with sqlite_cast.app.app_context():
        project_id = ImportScene(sqlite_cast.alice).project_id
    made = make(sqlite_cast, {"email": "ines@example.org"}, project=project_id).get_json()["items"][0]
    assert made["user"]["projects"] == 1
    listed = sqlite_cast.as_(sqlite_cast.alice).get(f"/api/v1/projects/{project_id}/members").get_json()
    members = {one["email"]: one["role"] for one in listed["items"]}
    assert members["ines@example.org"] == "annotator"
    none = "00000000-0000-7000-8000-000000000000"
    assert make(sqlite_cast, {"email": "yo@example.org"}, project=none).status_code == 404
    assert "yo@example.org" not in emails(sqlite_cast)


def test_the_list_is_narrowed_and_comes_in_pages(cast: Cast) -> None:
    assert emails(cast, "q=BOB") == ["bob@example.org"]
    assert emails(cast, "q=%25") == []
    assert emails(cast, "role=admin") == ["dora@example.org"]
    assert emails(cast, "disabled=true") == []
    first = cast.as_(cast.dora).get(f"{USERS}?limit=3").get_json()
    second = cast.as_(cast.dora).get(f"{USERS}?limit=3&cursor={first['next']}").get_json()
    found = [user["email"] for user in first["items"] + second["items"]]
    assert found == ["alice@example.org", "bob@example.org", "charlie@example.org", "dora@example.org"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query", ["sort=password_hash", "role=owner", "limit=0", "cursor=x", "include=password_hash", "q=%00"]
)
def test_the_list_takes_only_what_it_names(sqlite_cast: Cast, query: str) -> None:
    assert sqlite_cast.as_(sqlite_cast.dora).get(f"{USERS}?{query}").status_code == 422


def test_nothing_of_a_password_is_ever_shown(sqlite_cast: Cast) -> None:
    text = sqlite_cast.as_(sqlite_cast.dora).get(USERS).get_data(as_text=True)
    assert "$rl1" not in text
    assert "hash" not in text


def test_a_new_role_holds_on_the_next_request_and_ends_sign_ins(cast: Cast) -> None:
    bob, dora = cast.as_(cast.bob), cast.as_(cast.dora)
    answer = dora.put(f"{USERS}/{cast.bob.id}", json={"role": "researcher"})
    assert (answer.status_code, answer.get_json()["role"]) == (200, "researcher")
    assert bob.get(f"{AUTH}/me").status_code == 401
    login = cast.anonymous().post(f"{AUTH}/login", json={"email": cast.bob.email, "password": PASSWORD})
    assert login.get_json()["user"]["role"] == "researcher"


def test_a_closed_account_is_out_at_once_and_can_be_opened(cast: Cast) -> None:
    bob, dora = cast.as_(cast.bob), cast.as_(cast.dora)
    closed = dora.put(f"{USERS}/{cast.bob.id}", json={"disabled": True}).get_json()
    assert closed["disabled"] is True
    assert closed["disabled_at"] is not None
    assert bob.get(f"{AUTH}/me").status_code == 401
    account = {"email": cast.bob.email, "password": PASSWORD}
    assert cast.anonymous().post(f"{AUTH}/login", json=account).status_code == 401
    assert dora.post(f"{USERS}/{cast.bob.id}/link").status_code == 409
    assert emails(cast, "disabled=true") == ["bob@example.org"]
    dora.put(f"{USERS}/{cast.bob.id}", json={"disabled": False})
    assert cast.anonymous().post(f"{AUTH}/login", json=account).status_code == 200


@pytest.mark.parametrize("change", [{"role": "annotator"}, {"role": "researcher"}, {"disabled": True}])
def test_the_last_admin_stays(cast: Cast, change: dict[str, Any]) -> None:
    answer = cast.as_(cast.dora).put(f"{USERS}/{cast.dora.id}", json=change)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict")
    assert cast.as_(cast.dora).get(USERS).status_code == 200


def test_of_two_admins_who_demote_each_other_one_stays(cast: Cast) -> None:
    other = cast.join("ada@example.org", "admin")
    ready, statuses = threading.Barrier(2), []

    def demote(by: Any, whom: Any) -> None:
        client = cast.as_(by)
        ready.wait(20)
        statuses.append(client.put(f"{USERS}/{whom.id}", json={"role": "annotator"}).status_code)

    pairs = ((cast.dora, other), (other, cast.dora))
    threads = [threading.Thread(target=demote, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # Whose sign-in ended first gets 401; whoever comes second as the last one gets 409.
    assert 200 in statuses
    with cast.app.app_context():
        pair = db.transact(refresh_families.open_family, other.id)
        ada = {"Authorization": f"Bearer {pair.access_token}"}
        pair = db.transact(refresh_families.open_family, cast.dora.id)
        dora = {"Authorization": f"Bearer {pair.access_token}"}
    reached = [cast.anonymous().get(USERS, headers=headers).status_code for headers in (ada, dora)]
    assert 200 in reached


@pytest.mark.parametrize(
    "body",
    [{"email": "x@example.org"}, {"id": "x"}, {"disabled": "yes"}, {"role": None}, {"token_version": 3}],
)
def test_a_change_takes_role_and_closing_only(sqlite_cast: Cast, body: dict[str, Any]) -> None:
    answer = sqlite_cast.as_(sqlite_cast.dora).put(f"{USERS}/{sqlite_cast.bob.id}", json=body)
    assert answer.status_code == 422


def test_an_admin_ends_all_sign_ins_and_tokens_of_a_person(cast: Cast) -> None:
    token = cast.as_(cast.bob).post("/api/v1/tokens", json={"name": "x"}).get_json()["token"]
    answer = cast.as_(cast.dora).post(f"{USERS}/{cast.bob.id}/end-sessions")
    assert answer.get_json() == {"ended": 2}
    assert cast.as_(cast.bob).get(f"{AUTH}/me").status_code == 401
    header = {"Authorization": f"Bearer {token}"}
    assert cast.anonymous().get(f"{AUTH}/me", headers=header).status_code == 401
    assert cast.as_(cast.dora).get(f"{AUTH}/me").status_code == 200


def test_accounts_that_nobody_signs_in_to_are_left_alone(sqlite_cast: Cast) -> None:
    with sqlite_cast.app.app_context():
        scene = ImportScene(sqlite_cast.alice)
        scene.run(
            [
                {
                    "prompt": "?",
                    "outputs": ["a", "b"],
                    "feedback": [{"annotator": "ann", "preference": "first"}],
                }
            ]
        )
    dora = sqlite_cast.as_(sqlite_cast.dora)
    ann = dora.get(f"{USERS}?kind=imported").get_json()["items"][0]
    assert dora.put(f"{USERS}/{ann['id']}", json={"role": "admin"}).status_code == 403
    assert dora.post(f"{USERS}/{ann['id']}/link").status_code == 403
    assert ann["email"] not in emails(sqlite_cast, "kind=human")


def test_a_password_link_works_once_and_ends_every_other_sign_in(cast: Cast, app: Flask) -> None:
    made = cast.as_(cast.dora).post(f"{USERS}/{cast.bob.id}/link")
    assert made.status_code == 201
    path = made.get_json()["path"]
    client = app.test_client()
    page = client.get(path)
    assert page.status_code == 200
    assert PASSWORD not in page.get_data(as_text=True)
    token = page.get_data(as_text=True).partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"csrf_token": token, "password": NEW}
    assert client.post(path, data=form).status_code == 303
    assert cast.as_(cast.bob).get(f"{AUTH}/me").status_code == 401
    assert client.get(path).status_code == 404
    login = {"email": cast.bob.email, "password": NEW}
    assert cast.anonymous().post(f"{AUTH}/login", json=login).status_code == 200
    old = {"email": cast.bob.email, "password": PASSWORD}
    assert cast.anonymous().post(f"{AUTH}/login", json=old).status_code == 401
