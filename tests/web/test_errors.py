"""What people see when something fails: a calm page, never a trace, and nothing of it in the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, abort
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from sqlalchemy.exc import OperationalError

from rlflow_core.security.web_session import web_roles


@pytest.fixture
def broken(sqlite_app: Flask) -> Iterator[PlainBrowser]:
    """A browser of an app with addresses that fail."""

    @web_roles("public")
    def fail(what: str) -> str:
        if what == "bug":
            raise ZeroDivisionError("a secret detail")
        if what == "database":
            raise OperationalError("SELECT a secret detail", {}, Exception("disk"))
        abort(503)

    sqlite_app.add_url_rule("/fail/<what>", "fail", fail)
    yield PlainBrowser(sqlite_app)


def test_an_unknown_address_says_so_in_a_page(browse: Browse) -> None:
    page = browse().open("/nothing/here")
    assert page.status == 404
    assert page.response.mimetype == "text/html"
    assert "Nothing is here" in page.words


def test_a_bug_shows_no_detail(broken: PlainBrowser) -> None:
    page = broken.open("/fail/bug")
    assert (page.status, page.response.mimetype) == (500, "text/html")
    assert "secret" not in page.html
    assert "ZeroDivisionError" not in page.html
    assert "What you saved before is safe." in page.words


@pytest.mark.parametrize("what", ["database", "closed"])
def test_what_is_down_can_be_loaded_again(broken: PlainBrowser, what: str) -> None:
    page = broken.open(f"/fail/{what}")
    assert page.status == 503
    assert "secret" not in page.html
    assert "Load again" in page.words


def test_an_error_page_needs_no_database(broken: PlainBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    broken.client.set_cookie("rlflow", "whatever")
    monkeypatch.setattr("rlflow_core.services.sign_ins.find_web", gone)
    page = broken.open("/")
    assert (page.status, page.response.mimetype) == (503, "text/html")
    assert "Not available at the moment" in page.words


def test_an_annotator_is_told_that_a_page_is_not_theirs(browse: Browse, sqlite_cast: Cast) -> None:
    page = browse(sqlite_cast.bob).open("/components")
    assert (page.status, "This is not open to you" in page.words) == (403, True)


def test_the_api_keeps_its_envelope(browse: Browse) -> None:
    answer = browse().client.get("/api/v1/nothing", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "application/json")


def test_error_pages_run_no_inline_script(browse: Browse) -> None:
    page = browse().open("/<script>alert(1)</script>")
    assert "<script>alert" not in page.html
    policy = page.response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
