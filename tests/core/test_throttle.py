from __future__ import annotations

import threading
from datetime import UTC, datetime
from itertools import count

import pytest
import time_machine
from apps import MakeApp
from flask import Flask
from flask.testing import FlaskClient
from own_redis import OwnRedis
from own_redis import own_redis as own_redis
from people import PASSWORD, Cast, Person
from werkzeug.test import TestResponse

from rlflow_core.extensions import limiter
from rlflow_core.security import account_lock
from rlflow_core.services.errors import TooManyRequests

API = "/api/v1/auth"
PROJECT = {"name": "P", "task_type": "qa"}
FORGED = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"]


def knock(client: FlaskClient, n: int | str, *, address: str = "10.0.0.1", **headers: str) -> TestResponse:
    account = {"email": f"nobody{n}@example.org", "password": "not the password"}
    return client.post(f"{API}/login", json=account, headers=headers, environ_base={"REMOTE_ADDR": address})


@pytest.mark.parametrize("header", FORGED)
def test_the_eleventh_sign_in_of_a_minute_is_429_whatever_a_header_says(
    sqlite_app: Flask, header: str
) -> None:
    client = sqlite_app.test_client()
    answers = [
        knock(client, n, **{header: f"for=203.0.113.{n}" if header == "Forwarded" else f"203.0.113.{n}"})
        for n in range(14)
    ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 4
    assert answers[-1].get_json()["code"] == "too_many_requests"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "Retry-After" not in answers[0].headers
    assert knock(client, 99, address="10.0.0.2").status_code == 401


def test_spellings_of_the_path_do_not_get_around_it(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    for n in range(10):
        knock(client, n)
    account = {"email": "nobody@example.org", "password": "not the password"}
    for path in ("/login", "/login/", "//login", "/login?x=1", "/login%2f", "/./login", "/login;a", "/LOGIN"):
        answer = client.post(API + path, json=account, environ_base={"REMOTE_ADDR": "10.0.0.1"})
        assert answer.status_code in {308, 404, 429}, path


def test_bodies_that_do_not_fit_count_too(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    answers = [client.post(f"{API}/login", data=b"{", content_type="application/json") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]


def test_a_proxy_that_is_configured_is_believed_and_no_hop_further(app_with: MakeApp) -> None:
    client = app_with(RLFLOW_TRUSTED_PROXY_COUNT="1").test_client()
    behind = [knock(client, n, **{"X-Forwarded-For": f"6.6.6.{n}, 203.0.113.7"}) for n in range(11)]
    assert [answer.status_code for answer in behind] == [401] * 10 + [429]
    assert knock(client, 50, **{"X-Forwarded-For": "203.0.113.8"}).status_code == 401


def test_one_person_has_all_of_a_version_six_network(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    answers = [knock(client, n, address=f"2001:db8:0:1::{n:x}") for n in range(11)]
    assert answers[-1].status_code == 429
    assert knock(client, 50, address="2001:db8:0:2::1").status_code == 401


def test_ten_failures_close_an_account_for_a_while_from_any_address(sqlite_cast: Cast) -> None:
    client = sqlite_cast.anonymous()
    wrong = {"email": "Bob@example.org", "password": "not the password"}
    right = {"email": "bob@example.org", "password": PASSWORD}

    def attempt(n: int, account: dict[str, str]) -> TestResponse:
        return client.post(f"{API}/login", json=account, environ_base={"REMOTE_ADDR": f"127.0.1.{n}"})

    assert [attempt(n, wrong).status_code for n in range(9)] == [401] * 9
    assert attempt(20, right).status_code == 200, "a success forgets the failures"
    assert [attempt(n, wrong).status_code for n in range(11)] == [401] * 10 + [429]
    closed = attempt(30, right)
    assert closed.status_code == 429
    assert 0 < int(closed.headers["Retry-After"]) <= 900
    other = {"email": "alice@example.org", "password": PASSWORD}
    assert attempt(31, other).status_code == 200


def test_an_account_that_does_not_exist_is_closed_just_the_same(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    statuses = [knock(client, 7, address=f"127.0.2.{n}").status_code for n in range(11)]
    assert statuses == [401] * 10 + [429]


def test_the_sixth_registration_of_a_minute_is_429(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    statuses = [
        client.post(
            f"{API}/register", json={"email": f"p{n}@example.org", "password": "a long one"}
        ).status_code
        for n in range(6)
    ]
    assert statuses == [201] * 5 + [429]


def test_limits_can_be_switched_off(app_with: MakeApp) -> None:
    client = app_with(RLFLOW_RATELIMIT_ENABLED="0").test_client()
    assert {knock(client, 1).status_code for _ in range(25)} == {401}


def test_without_its_redis_the_process_counts_by_itself(app_with: MakeApp) -> None:
    client = app_with(RLFLOW_REDIS_URL="redis://127.0.0.1:1/0").test_client()
    assert [knock(client, n).status_code for n in range(11)] == [401] * 10 + [429]
    same = [knock(client, 500, address=f"127.0.3.{n}").status_code for n in range(11)]
    assert same == [401] * 10 + [429]
    limiter._storage_dead = False


def test_two_processes_share_their_counts_through_redis(app_with: MakeApp, own_redis: OwnRedis) -> None:
    first = app_with(RLFLOW_REDIS_URL=own_redis.url).test_client()
    assert [knock(first, n).status_code for n in range(6)] == [401] * 6
    second = app_with(RLFLOW_REDIS_URL=own_redis.url).test_client()
    assert [knock(second, n).status_code for n in range(5)] == [401] * 4 + [429]


def test_the_wait_of_an_account_grows_and_ends(sqlite_cast: Cast) -> None:
    client = sqlite_cast.anonymous()
    numbers = count()

    def attempt(password: str) -> TestResponse:
        account = {"email": "bob@example.org", "password": password}
        where = {"REMOTE_ADDR": f"127.1.{next(numbers)}.1"}
        return client.post(f"{API}/login", json=account, environ_base=where)

    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        for _ in range(10):
            assert attempt("wrong").status_code == 401
        for wait in (30, 60, 120):
            closed = attempt(PASSWORD)
            assert (closed.status_code, closed.headers["Retry-After"]) == (429, str(wait))
            clock.shift(wait - 1)
            assert attempt(PASSWORD).status_code == 429
            clock.shift(2)
            assert attempt("wrong").status_code == 401
        clock.shift(15 * 60)
        assert attempt("wrong").status_code == 401
        assert attempt(PASSWORD).status_code == 200, "strangers close an account for a while only"


def test_the_wait_never_exceeds_a_quarter_of_an_hour() -> None:
    waits = [account_lock.wait_after(failures) for failures in range(10, 200)]
    assert waits[:5] == [30, 60, 120, 240, 480]
    assert set(waits[5:]) == {900}


def test_of_many_attempts_at_once_ten_are_let_through(sqlite_app: Flask) -> None:
    allowed: list[bool] = []

    def attempt() -> None:
        with sqlite_app.app_context():
            try:
                allowed.append(account_lock.count_attempt("many@example.org"))
            except TooManyRequests:
                return

    threads = [threading.Thread(target=attempt) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(allowed), allowed.count(True)) == (10, 1)


def test_two_processes_share_the_failures_of_an_account(app_with: MakeApp, own_redis: OwnRedis) -> None:
    first = app_with(RLFLOW_REDIS_URL=own_redis.url).test_client()
    assert [knock(first, "shared", address=f"127.0.4.{n}").status_code for n in range(6)] == [401] * 6
    second = app_with(RLFLOW_REDIS_URL=own_redis.url).test_client()
    found = [knock(second, "shared", address=f"127.0.5.{n}").status_code for n in range(5)]
    assert found == [401] * 4 + [429]


def test_a_person_exports_five_times_a_minute_from_any_address(sqlite_cast: Cast) -> None:
    def export(person: Person, n: int, layout: str = "dpo") -> TestResponse:
        body = {"format": "jsonl", "layout": layout, "project": project}
        where = {"REMOTE_ADDR": f"127.0.6.{n}"}
        return sqlite_cast.as_(person).post("/api/v1/exports", json=body, environ_base=where)

    project = sqlite_cast.as_(sqlite_cast.alice).post("/api/v1/projects", json=PROJECT).json["id"]
    refused = [export(sqlite_cast.alice, n, "no-such-layout").status_code for n in range(7)]
    assert refused == [422] * 7, "what was refused does not count"
    answers = [export(sqlite_cast.alice, n) for n in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert export(sqlite_cast.dora, 1).status_code == 200


def test_a_password_is_tried_ten_times_a_minute_by_its_owner_too(sqlite_cast: Cast) -> None:
    body = {"current_password": "wrong", "new_password": "another long one"}
    bob = sqlite_cast.as_(sqlite_cast.bob)
    statuses = [bob.post(f"{API}/password", json=body).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


def test_the_thirty_first_refresh_of_a_minute_is_429(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    statuses = [client.post(f"{API}/refresh").status_code for _ in range(31)]
    assert statuses == [401] * 30 + [429]
