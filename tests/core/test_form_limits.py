"""Forms: bounded in size and fields before they are taken apart, and without what no database stores."""

from __future__ import annotations

import pytest
from people import PASSWORD, Cast
from plain_browser import PlainBrowser

from rlflow_core.security.request_limits import BODY_BYTES, FORM_FIELDS

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def bob(sqlite_cast: Cast) -> PlainBrowser:
    return PlainBrowser(sqlite_cast.app).sign_in(sqlite_cast.bob)


def token_of(browser: PlainBrowser) -> str:
    browser.open("/account")
    return str(browser.page.form_with("Make token")[0].get("csrf_token"))


def test_a_form_has_at_most_five_thousand_fields(bob: PlainBrowser) -> None:
    token = token_of(bob)

    def send(fields: int) -> int:
        body = f"csrf_token={token}&name=" + "&a=" * (fields - 2)
        return bob.client.post("/account/tokens", data=body, content_type=FORM).status_code

    assert send(FORM_FIELDS) == 422
    assert send(FORM_FIELDS + 1) == 413
    assert send(1_000_000) == 413


def test_a_form_has_at_most_four_megabytes(bob: PlainBrowser) -> None:
    body = f"csrf_token={token_of(bob)}&name=" + "x" * BODY_BYTES
    assert bob.client.post("/account/tokens", data=body, content_type=FORM).status_code == 413


@pytest.mark.parametrize("field", ["name=a%00b", "na%00me=a", "other=%00"])
def test_a_nul_is_refused_wherever_it_stands(bob: PlainBrowser, field: str) -> None:
    body = f"csrf_token={token_of(bob)}&name=x&scope=write&days=7&{field}"
    answer = bob.client.post("/account/tokens", data=body, content_type=FORM)
    assert answer.status_code == 422
    assert "rlf_" not in answer.text


def test_a_nul_in_an_address_or_a_password_signs_nobody_in(sqlite_cast: Cast) -> None:
    browser = PlainBrowser(sqlite_cast.app)
    browser.open("/sign-in")
    browser.press("Sign in", email="bob@example.org\0", password=PASSWORD)
    assert browser.page.status == 422


def test_those_who_are_not_signed_in_are_bounded_too(sqlite_cast: Cast) -> None:
    answer = sqlite_cast.anonymous().post("/account/tokens", data="&" * FORM_FIELDS, content_type=FORM)
    assert answer.status_code == 413
