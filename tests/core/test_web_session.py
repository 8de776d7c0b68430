from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from apps import MakeApp
from flask import Flask, request
from flask.testing import FlaskClient
from people import PASSWORD, Cast
from sqlalchemy import event, select

from rlflow_core.extensions import db
from rlflow_core.models import SignIn
from rlflow_core.security import web_session
from rlflow_core.security.password_sign_in import viewer_by_password
from rlflow_core.security.secrets import fingerprint
from rlflow_core.security.throttle import sign_in_limit
from rlflow_core.security.web_session import csrf_token, current_web_user, web_roles
from rlflow_core.services import accounts

BOB = {"email": "bob@example.org", "password": PASSWORD}


@pytest.fixture
def house(cast: Cast) -> Cast:
    app = cast.app
    # What the gate says is tested here; how the web shows it (it leads to the sign-in page) is the web's.
    app.extensions.pop("error_page", None)

    @app.route("/t/sign-in", methods=["GET", "POST"])
    @web_roles("public")
    @sign_in_limit
    def enter() -> str:
        if request.method == "POST":
            web_session.sign_in(viewer_by_password(request.form["email"], request.form["password"]))
        return csrf_token()

    @app.post("/t/sign-out")
    @web_roles("annotator", "researcher", "admin")
    def leave() -> str:
        web_session.sign_out()
        return "bye"

    @app.route("/t/home", methods=["GET", "POST"])
    @web_roles("annotator", "researcher", "admin")
    def home() -> str:
        user = current_web_user()
        return f"{user.email if user else None} {csrf_token()}"

    @app.route("/t/desk", methods=["GET", "POST"])
    @web_roles("researcher")
    def desk() -> str:
        return "desk"

    return cast


def signed_in(house: Cast, account: dict[str, str] = BOB, **more: str) -> FlaskClient:
    client = house.app.test_client()
    form = {**account, "csrf_token": client.get("/t/sign-in", **more).get_data(as_text=True)}
    answer = client.post("/t/sign-in", data=form, **more)
    assert answer.status_code == 200
    return client


def token(client: FlaskClient) -> str:
    return client.get("/t/home").get_data(as_text=True).split()[1]


def test_a_person_signs_in_and_out_with_a_cookie(house: Cast) -> None:
    client = signed_in(house)
    assert client.get("/t/home").get_data(as_text=True).startswith("bob@example.org ")
    cookie = client.get_cookie("rlflow")
    assert cookie is not None
    assert client.post("/t/sign-out", data={"csrf_token": token(client)}).data == b"bye"
    assert client.get_cookie("rlflow") is None
    client.set_cookie("rlflow", cookie.value)
    assert client.get("/t/home").status_code == 401


def test_the_database_holds_a_fingerprint_of_the_cookie_only(house: Cast) -> None:
    cookie = signed_in(house).get_cookie("rlflow")
    assert cookie is not None
    with house.app.app_context():
        row = db.read.scalar(select(SignIn).where(SignIn.kind == "web"))
        assert row is not None
        assert row.secret_hash == fingerprint(cookie.value)


def test_the_cookie_is_kept_from_scripts_and_other_sites(house: Cast) -> None:
    client = house.app.test_client()
    form = {**BOB, "csrf_token": client.get("/t/sign-in").get_data(as_text=True)}
    plain = client.post("/t/sign-in", data=form).headers.getlist("Set-Cookie")
    assert any(
        re.fullmatch(r"rlflow=[\w-]{43}; .*HttpOnly; Path=/; SameSite=Lax", cookie) for cookie in plain
    ), plain
    over_tls = house.app.test_client()
    where = {"base_url": "https://localhost"}
    form = {**BOB, "csrf_token": over_tls.get("/t/sign-in", **where).get_data(as_text=True)}
    secure = over_tls.post("/t/sign-in", data=form, **where).headers.getlist("Set-Cookie")
    assert any(
        re.fullmatch(r"__Host-rlflow=[\w-]{43}; .*Secure; HttpOnly; Path=/; SameSite=Lax", cookie)
        for cookie in secure
    ), secure
    assert not any("Domain" in cookie for cookie in plain + secure)


def test_signing_in_again_makes_a_new_session_and_ends_the_old_one(house: Cast) -> None:
    client = signed_in(house)
    before = client.get_cookie("rlflow")
    client.post("/t/sign-in", data={**BOB, "csrf_token": token(client)})
    after = client.get_cookie("rlflow")
    assert before is not None
    assert after is not None
    assert after.value != before.value
    assert client.get("/t/home").status_code == 200
    client.set_cookie("rlflow", before.value)
    assert client.get("/t/home").status_code == 401


def test_a_cookie_that_was_planted_before_signing_in_is_worth_nothing(house: Cast) -> None:
    client = house.app.test_client()
    client.set_cookie("rlflow", "planted")
    form = {**BOB, "csrf_token": client.get("/t/sign-in").get_data(as_text=True)}
    assert client.post("/t/sign-in", data=form).status_code == 200
    cookie = client.get_cookie("rlflow")
    assert cookie is not None
    assert cookie.value != "planted"


@pytest.mark.parametrize("given", [None, "", "wrong", "é"])
def test_a_form_without_the_token_of_its_session_is_403(house: Cast, given: str | None) -> None:
    client = signed_in(house)
    form = {} if given is None else {"csrf_token": given}
    answer = client.post("/t/home", data=form)
    assert answer.status_code == 403
    assert client.post("/t/home", headers={"X-CSRF-Token": "wrong"}).status_code == 403
    assert client.post("/t/home", query_string={"csrf_token": token(client)}).status_code == 403
    assert client.post("/t/home", data={"csrf_token": token(client)}).status_code == 200
    assert client.post("/t/home", headers={"X-CSRF-Token": token(client)}).status_code == 200


def test_a_form_of_before_the_key_was_rotated_is_taken_and_a_stranger_key_is_not(app_with: MakeApp) -> None:
    before = app_with(RLFLOW_SECRET_KEY="the key before: 61fa9c0d57e2b384 secret")
    cookie, token = form_of(before)
    for environ, status in (
        ({"RLFLOW_SECRET_KEY_PREVIOUS": "the key before: 61fa9c0d57e2b384 secret"}, 401),
        ({}, 403),
    ):
        client = app_with(**environ).test_client()
        client.set_cookie("rlflow-form", cookie)
        assert client.post("/sign-in", data={**BOB, "csrf_token": token}).status_code == status
        assert form_of(client.application, cookie)[1] != token, "the old key signs nothing"


def form_of(app: Flask, cookie: str = "") -> tuple[str, str]:
    """The cookie and the token of a sign-in form."""
    client = app.test_client()
    if cookie:
        client.set_cookie("rlflow-form", cookie)
    page = client.get("/sign-in").get_data(as_text=True)
    kept = client.get_cookie("rlflow-form")
    assert kept is not None
    return kept.value, page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_the_token_of_another_person_does_not_fit(house: Cast) -> None:
    bob = signed_in(house)
    alice = signed_in(house, {"email": "alice@example.org", "password": PASSWORD})
    assert alice.post("/t/home", data={"csrf_token": token(bob)}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
def test_what_another_site_sends_is_403_even_with_the_token(house: Cast, headers: dict[str, str]) -> None:
    client = signed_in(house)
    form = {"csrf_token": token(client)}
    assert client.post("/t/home", data=form, headers=headers).status_code == 403
    ours = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/t/home", data=form, headers=ours).status_code == 200


def test_the_sign_in_form_needs_a_token_too(house: Cast) -> None:
    client = house.app.test_client()
    assert client.post("/t/sign-in", data=BOB).status_code == 403
    given = client.get("/t/sign-in").get_data(as_text=True)
    stranger = house.app.test_client()
    assert stranger.post("/t/sign-in", data={**BOB, "csrf_token": given}).status_code == 403
    stranger.get("/t/sign-in")
    assert stranger.post("/t/sign-in", data={**BOB, "csrf_token": given}).status_code == 403
    assert client.post("/t/sign-in", data={**BOB, "csrf_token": given}).status_code == 200


def test_pages_ask_for_roles_too(house: Cast) -> None:
    assert signed_in(house).get("/t/desk").status_code == 403
    dora = signed_in(house, {"email": "dora@example.org", "password": PASSWORD})
    assert dora.get("/t/desk").status_code == 200
    assert house.anonymous().get("/t/desk").status_code == 401


def test_the_cookie_does_not_open_the_api_nor_the_token_a_page(house: Cast) -> None:
    assert signed_in(house).get("/api/v1/auth/me").status_code == 401
    assert house.as_(house.bob).get("/t/home").status_code == 401


def test_disabling_and_a_new_role_end_the_session_at_once(house: Cast) -> None:
    for change in (
        lambda s: accounts.set_role(s, "bob@example.org", "researcher"),
        lambda s: accounts.disable(s, "bob@example.org"),
    ):
        client = signed_in(house)
        assert client.get("/t/home").status_code == 200
        with house.app.app_context():
            db.transact(change)
        assert client.get("/t/home").status_code == 401


def test_a_session_ends_after_twelve_idle_hours(house: Cast) -> None:
    start = datetime.now(UTC)
    client = signed_in(house)
    with time_machine.travel(start + timedelta(hours=11, minutes=59), tick=False) as clock:
        assert client.get("/t/home").status_code == 200
        clock.shift(timedelta(hours=11, minutes=59))
        assert client.get("/t/home").status_code == 200
        clock.shift(timedelta(hours=12, minutes=1))
        assert client.get("/t/home").status_code == 401


def test_a_session_ends_after_seven_days_however_busy(house: Cast) -> None:
    start = datetime.now(UTC)
    client = signed_in(house)
    with time_machine.travel(start, tick=False) as clock:
        for hours in range(11, 24 * 7, 11):
            clock.move_to(start + timedelta(hours=hours))
            assert client.get("/t/home").status_code == 200, hours
        clock.move_to(start + timedelta(days=7, seconds=5))
        assert client.get("/t/home").status_code == 401


def test_looking_at_a_page_writes_nothing(house: Cast) -> None:
    client = signed_in(house)
    written: list[str] = []
    with house.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *a: written.append(a[2]))
    client.get("/t/home")
    assert [
        text for text in written if not text.lstrip().upper().startswith(("SELECT", "BEGIN", "SHOW"))
    ] == []


def test_a_large_upload_needs_an_endpoint_that_says_so(house: Cast) -> None:
    from rlflow_core.security.request_limits import UPLOAD_BYTES, body_limit

    @house.app.post("/t/upload")
    @web_roles("annotator")
    @body_limit(UPLOAD_BYTES)
    def upload() -> str:
        return str(len(request.get_data()))

    client = signed_in(house)
    headers = {"X-CSRF-Token": token(client)}
    body = b"x" * (5 * 1024 * 1024)
    assert client.post("/t/upload", data=body, headers=headers).data == str(len(body)).encode()
    assert client.post("/t/home", data={"x": "y" * len(body)}).status_code == 413
    assert client.post("/t/upload", data=b"x" * (UPLOAD_BYTES + 1), headers=headers).status_code == 413
