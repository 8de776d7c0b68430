"""People, audit log and account: what admins do to accounts and everybody to their own, and what is refused."""

from __future__ import annotations

import json
import re

import pytest
from apps import MakeApp
from flask import Flask
from people import PASSWORD, Cast
from plain_browser import PlainBrowser

from rlflow_core.extensions import db
from rlflow_core.services import invitations, users

NEW = "another long password"


@pytest.fixture
def open_app(app_with: MakeApp) -> Flask:
    """An app that counts no attempts."""
    return app_with(RLFLOW_RATELIMIT_ENABLED="0")


@pytest.fixture
def cast(open_app: Flask) -> Cast:
    return Cast(open_app)


@pytest.fixture
def dora(open_app: Flask, cast: Cast) -> PlainBrowser:
    return PlainBrowser(open_app).sign_in(cast.dora)


def link_on(browser: PlainBrowser, start: str) -> str:
    found = re.search(rf"/{start}/[\w-]{{43}}", browser.page.words)
    assert found, browser.page.words
    return found[0]


@pytest.mark.parametrize("path", ["/users", "/users/new", "/audit", "/audit/download"])
def test_only_admins_see_people_and_the_audit_log(open_app: Flask, cast: Cast, path: str) -> None:
    for person, status in ((cast.alice, 403), (cast.bob, 403), (cast.dora, 200)):
        client = PlainBrowser(open_app).sign_in(person).client
        assert client.get(path).status_code == status, person.email
        has_link = 'href="/users"' in client.get("/").get_data(as_text=True)
        assert has_link == (person is cast.dora)
    assert open_app.test_client().get(path).status_code == 302


def test_an_admin_makes_accounts_whose_owners_choose_a_password(dora: PlainBrowser, open_app: Flask) -> None:
    dora.open("/users/new")
    dora.press("Make accounts", emails="Ines@Example.org\nyo@example.org", role="researcher")
    assert dora.page.status == 201
    links = re.findall(r"/password/[\w-]{43}", dora.page.words)
    assert len(links) == 2
    ines = PlainBrowser(open_app)
    ines.open(links[0])
    ines.press("Save the password", password="short")
    assert (ines.page.status, "8 characters" in ines.page.words) == (422, True)
    ines.press("Save the password", password=NEW)
    assert (ines.page.path, ines.page.status) == ("/", 200)
    assert ines.open(links[0]).status == 404
    answer = open_app.test_client().post(
        "/api/v1/auth/login", json={"email": "ines@example.org", "password": NEW}
    )
    assert answer.get_json()["user"]["role"] == "researcher"


@pytest.mark.parametrize(
    ("emails", "said"),
    [
        ("nobody", "nobody: Write an e-mail address"),
        ("", "Write 1 to 200"),
        ("bob@example.org", "has an account"),
        ("ada@x.imported", "imported files"),
    ],
)
def test_what_does_not_fit_is_said_and_makes_nobody(dora: PlainBrowser, emails: str, said: str) -> None:
    dora.open("/users/new")
    dora.press("Make accounts", emails=f"good@example.org {emails}" if emails else "")
    assert dora.page.status == 422
    assert said in dora.page.words
    assert "good@example.org" not in dora.open("/users").words


def test_people_are_found_by_a_part_of_their_address(dora: PlainBrowser) -> None:
    words = dora.open("/users?q=BOB").words
    assert "bob@example.org" in words
    assert "alice@example.org" not in words
    assert "alice@example.org" not in dora.open("/users?role=annotator").words
    assert "Nobody matches" in dora.open("/users?q=%25").words
    assert "Nobody matches" in dora.open("/users?state=closed").words


def test_a_new_role_and_closing_hold_on_the_next_request(
    dora: PlainBrowser, open_app: Flask, cast: Cast
) -> None:
    bob = PlainBrowser(open_app).sign_in(cast.bob)
    dora.open(f"/users/{cast.bob.id}")
    dora.press("Save", role="researcher")
    assert "The role holds from now on." in dora.page.words
    assert bob.open("/").path == "/sign-in"
    bob.sign_in(cast.bob).open("/projects")
    assert bob.page.status == 200
    dora.press("Close the account")
    assert "This account is closed." in dora.page.words
    assert bob.open("/").path == "/sign-in"
    bob.press("Sign in", email=cast.bob.email, password=PASSWORD)
    assert bob.page.status == 401
    dora.press("Open the account")
    bob.press("Sign in", email=cast.bob.email, password=PASSWORD)
    assert bob.page.status == 200


def test_the_last_admin_stays_and_is_told_why(dora: PlainBrowser, cast: Cast) -> None:
    dora.open(f"/users/{cast.dora.id}")
    dora.press("Save", role="annotator")
    assert "This is the last admin." in dora.page.words
    dora.press("Close the account")
    assert "This is the last admin." in dora.page.words
    assert dora.open("/users").status == 200


def test_an_admin_ends_sign_ins_and_makes_a_link_for_a_new_password(
    dora: PlainBrowser, open_app: Flask, cast: Cast
) -> None:
    bob = PlainBrowser(open_app).sign_in(cast.bob)
    dora.open(f"/users/{cast.bob.id}")
    dora.press("End them")
    assert bob.open("/").path == "/sign-in"
    assert cast.as_(cast.bob).get("/api/v1/auth/me").status_code == 401
    dora.press("Make a link")
    bob.open(link_on(dora, "password"))
    bob.press("Save the password", password=NEW)
    assert (bob.page.path, bob.page.status) == ("/", 200)


def test_a_password_link_is_of_no_use_once_its_account_is_closed(open_app: Flask, cast: Cast) -> None:
    with open_app.app_context():
        token = db.transact(users.create_password_link, cast.bob.id)
        db.transact(users.change, cast.bob.id, disabled=True)
    assert PlainBrowser(open_app).open(f"/password/{token}").status == 404


def test_an_invitation_makes_one_account_with_its_role(dora: PlainBrowser, open_app: Flask) -> None:
    dora.open("/users/new")
    dora.press("Make an invitation", email="ines@example.org", role="researcher")
    path = link_on(dora, "invite")
    ines = PlainBrowser(open_app)
    ines.open(path)
    assert "You are invited as a researcher." in ines.page.words
    ines.press("Create account", email="other@example.org", password=NEW)
    assert "This invitation is for another e-mail address." in ines.page.words
    ines.press("Create account", email="ines@example.org", password=NEW)
    assert (ines.page.path, ines.open("/projects").status) == ("/", 200)
    assert PlainBrowser(open_app).open(path).status == 404


def test_a_revoked_invitation_opens_nothing(dora: PlainBrowser, open_app: Flask, cast: Cast) -> None:
    with open_app.app_context():
        made = db.transact(invitations.create, cast.dora.viewer, None, "annotator", None, 7)
    dora.open("/users")
    dora.press("Revoke the invitation for whoever has the link")
    assert PlainBrowser(open_app).open(f"/invite/{made.token}").status == 404


@pytest.mark.parametrize(("registration", "status"), [("open", 200), ("invite", 200), ("closed", 403)])
def test_invitations_work_unless_registration_is_closed(
    app_with: MakeApp, registration: str, status: int
) -> None:
    app = app_with(RLFLOW_REGISTRATION=registration)
    cast = Cast(app)
    with app.app_context():
        made = db.transact(invitations.create, cast.dora.viewer, None, "annotator", None, 7)
    assert PlainBrowser(app).open(f"/invite/{made.token}").status == status


def test_the_audit_page_tells_what_happened_and_gives_it_away_as_lines(
    dora: PlainBrowser, cast: Cast
) -> None:
    dora.open(f"/users/{cast.bob.id}")
    dora.press("Save", role="researcher")
    words = dora.open("/audit?action=role_changed").words
    assert "Role changed" in words
    assert "old annotator, new researcher" in words
    assert "Sign in" not in words.partition("Details")[2]
    lines = dora.client.get("/audit/download?action=role_changed").get_data(as_text=True).splitlines()
    assert [json.loads(line)["object_id"] for line in lines] == [cast.bob.id]
    assert "Nothing happened like that" in dora.open("/audit?person=nobody@example.org").words
    assert dora.open("/audit?since=nonsense&action=nonsense&before=1").status == 200


def test_a_person_changes_their_password_and_stays_signed_in_here_only(open_app: Flask, cast: Cast) -> None:
    bob, elsewhere = (PlainBrowser(open_app).sign_in(cast.bob) for _ in range(2))
    bob.open("/account")
    bob.press("Change password", current_password="wrong", new_password=NEW)
    assert (bob.page.status, "This is not your password." in bob.page.words) == (422, True)
    bob.press("Change password", current_password=PASSWORD, new_password="bob@example.org")
    assert "Use something other than your e-mail address" in bob.page.words
    bob.press("Change password", current_password=PASSWORD, new_password=NEW)
    assert "The password is changed." in bob.page.words
    assert bob.open("/account").status == 200
    assert elsewhere.open("/").path == "/sign-in"
    assert cast.as_(cast.bob).get("/api/v1/auth/me").status_code == 401


def test_a_token_is_shown_once_and_can_be_revoked(open_app: Flask, cast: Cast) -> None:
    bob = PlainBrowser(open_app).sign_in(cast.bob)
    bob.open("/account")
    bob.press("Make token", name="My script", scope="write")
    found = re.search(r"rlf_[\w-]{43}", bob.page.words)
    assert found, bob.page.words
    header = {"Authorization": f"Bearer {found[0]}"}
    assert open_app.test_client().get("/api/v1/auth/me", headers=header).status_code == 200
    assert found[0] not in bob.open("/account").words
    bob.press("Revoke My script")
    assert open_app.test_client().get("/api/v1/auth/me", headers=header).status_code == 401


@pytest.mark.parametrize("values", [{"name": " "}, {"name": "x" * 101}, {"scope": "admin"}, {"days": "9999"}])
def test_a_token_that_does_not_fit_is_not_made(open_app: Flask, cast: Cast, values: dict[str, str]) -> None:
    bob = PlainBrowser(open_app).sign_in(cast.bob)
    bob.open("/account")
    bob.press("Make token", **{"name": "x", **values})
    assert bob.page.status == 422
    assert "rlf_" not in bob.page.words


def test_a_person_ends_their_sign_ins_and_nobody_elses(open_app: Flask, cast: Cast) -> None:
    bob, elsewhere, alice = (
        PlainBrowser(open_app).sign_in(person) for person in (cast.bob, cast.bob, cast.alice)
    )
    bob.open("/account")
    form = re.findall(
        r'action="(/account/sessions/[^"]+)"', bob.client.get("/account").get_data(as_text=True)
    )
    assert len(form) == 3
    alice.open("/account")
    token = alice.page.form_with("Sign out here")[0].get("csrf_token")
    for action in form:
        assert alice.client.post(action, data={"csrf_token": token}).status_code == 404
    assert elsewhere.open("/account").status == 200
    bob.press("End the sign-in of Unknown program")
    assert bob.open("/account").status == 200
    assert (
        elsewhere.open("/").path == "/sign-in" or cast.as_(cast.bob).get("/api/v1/auth/me").status_code == 401
    )
    bob.press("Sign out here")
    assert bob.page.path == "/sign-in"
