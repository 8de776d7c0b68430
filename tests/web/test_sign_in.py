"""Signing in and out, registering, the first admin, one-time links: what people see, and what is refused."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from apps import MakeApp
from flask import Flask
from people import PASSWORD, Cast
from plain_browser import PlainBrowser
from queries import asked_of

from rlflow_core.extensions import db
from rlflow_core.services import sign_ins, users


@pytest.fixture
def open_app(app_with: MakeApp) -> Flask:
    """An app that counts no attempts."""
    return app_with(RLFLOW_RATELIMIT_ENABLED="0")


@pytest.fixture
def cast(open_app: Flask) -> Cast:
    return Cast(open_app)


@pytest.fixture
def browser(open_app: Flask) -> PlainBrowser:
    return PlainBrowser(open_app)


def test_a_person_signs_in_and_comes_to_where_they_wanted(browser: PlainBrowser, cast: Cast) -> None:
    browser.open("/components?kind=scorer")
    assert browser.page.path == "/sign-in"
    browser.press("Sign in", email=" Alice@Example.org ", password=PASSWORD)
    assert (browser.page.path, browser.page.status) == ("/components", 200)
    assert "Scorers" in browser.page.words


def test_a_wrong_password_is_said_in_place_and_the_address_stays(browser: PlainBrowser, cast: Cast) -> None:
    browser.open("/sign-in")
    browser.press("Sign in", email="alice@example.org", password="wrong but long enough")
    assert browser.page.status == 401
    assert "The e-mail address or the password is wrong." in browser.page.words
    form, _ = browser.page.form_with("Sign in")
    assert form.get("email") == "alice@example.org"
    assert not form.get("password")
    assert browser.open("/").path == "/sign-in"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "///evil.example",
        "/\r\nLocation: https://evil.example",
        "http:///evil.example",
        " //evil.example",
        "/sign-out",
    ],
)
def test_signing_in_leads_to_no_other_site(browser: PlainBrowser, cast: Cast, elsewhere: str) -> None:
    browser.open("/sign-in", query_string={"next": elsewhere})
    form, _ = browser.page.form_with("Sign in")
    assert form.get("next") == "/"
    answer = browser.client.post(
        "/sign-in",
        data={
            "csrf_token": form.get("csrf_token"),
            "email": "alice@example.org",
            "password": PASSWORD,
            "next": elsewhere,
        },
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_form_without_its_token_is_refused(browser: PlainBrowser, cast: Cast) -> None:
    answer = browser.client.post("/sign-in", data={"email": "alice@example.org", "password": PASSWORD})
    assert answer.status_code == 403
    assert "This form has expired" in answer.text


def test_htmx_hears_that_it_is_signed_out_instead_of_being_led_away(browser: PlainBrowser) -> None:
    answer = browser.client.get("/home/jobs", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "Location" not in answer.headers


def test_a_form_sent_after_the_sign_in_ended_leads_back_to_its_page(
    browser: PlainBrowser, cast: Cast
) -> None:
    browser.sign_in(cast.alice).open("/projects/new")
    form, _ = browser.page.form_with("Create project")
    browser.client.delete_cookie("rlflow")
    browser.open("/sign-in")
    token = browser.page.form_with("Sign in")[0].get("csrf_token")
    answer = browser.client.post(
        "/projects/new",
        data={**dict(form.values), "csrf_token": token},
        headers={"Referer": "http://localhost/projects/new"},
    )
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"next": ["/projects/new"]}


LATE = "It took me an hour to write this."


def late_form(browser: PlainBrowser, cast: Cast) -> PlainBrowser:
    """The page after sending a form of Alice's whose sign-in had ended meanwhile."""
    browser.sign_in(cast.alice).open("/projects/new")
    with cast.app.app_context():
        db.transact(users.end_sessions, cast.alice.id)
    browser.press("Create project", name="Late", guidelines=LATE)
    return browser


def test_what_was_written_when_the_sign_in_ended_is_sent_after_signing_in(
    browser: PlainBrowser, cast: Cast
) -> None:
    late_form(browser, cast)
    assert browser.page.status == 401
    assert "What you wrote is kept on this page" in browser.page.words
    browser.press("Sign in", email=cast.alice.email, password="wrong")
    assert browser.page.status == 401
    browser.press("Sign in", email=cast.alice.email, password=PASSWORD)
    assert LATE in browser.page.words
    browser.press("Send")
    assert browser.page.status == 200
    assert "Late" in browser.open("/projects").words


def test_only_a_form_of_the_ended_sign_in_is_kept(browser: PlainBrowser, cast: Cast) -> None:
    late_form(browser, cast)
    for token in ("", "planted"):
        answer = browser.client.post("/projects/new", data={"csrf_token": token, "name": LATE})
        assert answer.status_code == 303
        assert LATE not in answer.text
    evil = {"Origin": "https://evil.example"}
    assert browser.client.post("/projects/new", data={"name": LATE}, headers=evil).status_code == 403


@pytest.mark.parametrize("kept", ["x", "[]", '["//evil.example/", []]', '["/sign-out", [["a"]]]', "[" * 9999])
def test_a_kept_form_that_we_did_not_make_is_left_out(browser: PlainBrowser, cast: Cast, kept: str) -> None:
    browser.open("/sign-in")
    token = browser.page.form_with("Sign in")[0].get("csrf_token")
    account = {"email": cast.alice.email, "password": PASSWORD, "kept_form": kept, "csrf_token": token}
    assert browser.client.post("/sign-in", data=account).status_code == 303


def test_signing_out_ends_the_session(browser: PlainBrowser, cast: Cast) -> None:
    browser.sign_in(cast.alice).open("/")
    cookie = browser.client.get_cookie("rlflow")
    assert cookie is not None
    browser.press("Sign out")
    assert (browser.page.path, "You are signed out." in browser.page.words) == ("/sign-in", True)
    browser.client.set_cookie("rlflow", cookie.value)
    assert browser.open("/").path == "/sign-in"


def test_registering_makes_an_annotator_and_signs_them_in(browser: PlainBrowser) -> None:
    browser.open("/register")
    browser.press("Create account", email="eve@example.org", password=PASSWORD)
    assert browser.page.path == "/"
    assert "No project has work for you" in browser.page.words
    assert browser.open("/projects").status == 403


def test_a_taken_address_and_a_weak_password_are_said_at_their_fields(
    browser: PlainBrowser, cast: Cast
) -> None:
    browser.open("/register")
    assert (
        "8 characters" in browser.press("Create account", email="alice@example.org", password="short").words
    )
    assert browser.page.status == 422
    browser.press("Create account", email="alice@example.org", password=PASSWORD)
    assert (browser.page.status, "This address has an account." in browser.page.words) == (409, True)


def test_nobody_registers_where_that_is_closed(app_with: MakeApp) -> None:
    browser = PlainBrowser(app_with(RLFLOW_REGISTRATION="closed"))
    assert "Create your account" not in browser.open("/sign-in").words
    page = browser.open("/register")
    assert (page.status, "Accounts are made by an admin here." in page.words) == (403, True)


def test_the_setup_link_makes_the_first_admin_once(browser: PlainBrowser, open_app: Flask) -> None:
    with open_app.app_context():
        token = db.transact(sign_ins.create_setup_link)
    assert "This server has no admin yet." in browser.open("/sign-in").words
    browser.open(f"/setup/{token}")
    assert browser.press("Create the admin", email="root@example.org", password="rlflow").status == 422
    browser.press("Create the admin", email="root@example.org", password=PASSWORD)
    assert (browser.page.path, browser.page.status) == ("/", 200)
    assert "Admin" in browser.page.words
    assert PlainBrowser(open_app).open(f"/setup/{token}").status == 404


def test_looking_at_a_one_time_link_does_not_use_it_up(
    browser: PlainBrowser, open_app: Flask, cast: Cast
) -> None:
    with open_app.app_context():
        token = db.transact(sign_ins.create_sign_in_link, cast.alice.email)
    with asked_of(open_app) as asked:
        browser.open(f"/link/{token}")
        browser.open(f"/link/{token}")
    assert asked.write_transactions == 0
    assert browser.press("Sign in").path == "/"
    other = PlainBrowser(open_app)
    other.open(f"/link/{token}")
    assert other.press("Sign in").status == 404
    assert other.open("/").path == "/sign-in"


def test_only_a_connection_that_others_can_read_is_warned_of(browser: PlainBrowser) -> None:
    warning = "This connection is not encrypted."
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert warning not in browser.open("/sign-in", base_url=f"http://{host}").words
    assert warning in browser.open("/sign-in", base_url="http://labels.example.org").words
    assert warning not in browser.open("/sign-in", base_url="https://labels.example.org").words


def test_the_password_is_never_in_an_address_or_in_the_page(browser: PlainBrowser, cast: Cast) -> None:
    browser.open("/sign-in")
    browser.press("Sign in", email="alice@example.org", password="a secret that is wrong")
    assert "a secret that is wrong" not in browser.page.html
    assert re.search(r'<form[^>]*method="post"', browser.page.html)


def test_too_many_tries_are_refused_with_a_page(app_with: MakeApp) -> None:
    browser = PlainBrowser(app_with())
    for _ in range(12):
        browser.open("/sign-in")
        browser.press("Sign in", email="nobody@example.org", password="some long password")
    assert browser.page.status == 429
    assert "Too many requests" in browser.page.words
    assert "per 1 minute" not in browser.page.words


def test_notes_go_over_https_only_where_the_page_does(browser: PlainBrowser, cast: Cast) -> None:
    browser.sign_in(cast.alice).open("/")
    form, _ = browser.page.form_with("Sign out")
    answer = browser.client.post("/sign-out", data={"csrf_token": form.get("csrf_token")})
    (cookie,) = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith("rlflow-notes=")]
    assert ("HttpOnly" in cookie, "SameSite=Lax" in cookie, "Secure" in cookie) == (True, True, False)
    page = browser.open("/register", base_url="https://localhost")
    token = page.form_with("Create account")[0].get("csrf_token")
    answer = browser.client.post(
        "/register",
        base_url="https://localhost",
        data={"csrf_token": token, "email": "zoe@example.org", "password": PASSWORD},
        headers={"Referer": "https://localhost/register"},
    )
    assert answer.status_code == 303
    assert all("Secure" in text for text in answer.headers.getlist("Set-Cookie"))
