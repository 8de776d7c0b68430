"""The researcher's start page in a real browser: small charts that everybody can read, on every screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from browsing import Running, Visitor, axe_findings
from factories import make_member, make_project, make_task, make_user
from labels import prefer
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.services import sign_ins

pytestmark = pytest.mark.browser

SCREENS = {"wide": 1440, "laptop": 1280, "tablet": 900}
NAME = "Answers about everything that anybody may ever want to ask"


@pytest.fixture
def cookie(product: Running) -> str:
    """The sign-in of a researcher with a project at work, one that rests and one where nothing was done."""

    def make(session: Session) -> str:
        researcher = make_user(session, role="researcher")
        for name, status, labels in ((NAME, "open", 10), ("Resting", "paused", 2), ("Fresh", "open", 0)):
            project = make_project(session, researcher, name=name, status=status)
            make_member(session, project, researcher, role="researcher")
            annotator = make_member(session, project)
            items = [make_task(session, project, prompt=f"Question {number}?") for number in range(12)]
            for ago, item in enumerate(items[:labels]):
                prefer(session, item, annotator, "first", created_at=datetime.now(UTC) - timedelta(days=ago))
                item.places_left -= 1
        return sign_ins.open_web(session, researcher.id)

    with product.app.app_context():
        return db.transact(make)


def opened(visitor: Visitor, cookie: str, **options: object) -> Page:
    page = visitor.open(cookie, **options)
    page.goto("/")
    return page


def is_wider_than_its_window(page: Page, inside: str = "html") -> bool:
    return bool(
        page.evaluate("at => (at = document.querySelector(at)) && at.scrollWidth > at.clientWidth", inside)
    )


@pytest.mark.parametrize("phone", [False, True], ids=["screen", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    cookie: str, visitor: Visitor, axe: Path, theme: Literal["light", "dark"], phone: bool
) -> None:
    page = opened(visitor, cookie, phone=phone, color_scheme=theme)
    page.get_by_text("Show as table").click()
    expect(page.get_by_role("cell", name="Monday")).to_be_visible()
    assert axe_findings(page, axe) == []
    assert not is_wider_than_its_window(page)


@pytest.mark.parametrize("width", SCREENS.values(), ids=SCREENS)
def test_the_table_fits_where_there_is_room(cookie: str, visitor: Visitor, width: int) -> None:
    page = opened(visitor, cookie)
    page.set_viewport_size({"width": width, "height": 900})
    expect(page.get_by_role("columnheader", name="Expected finish")).to_be_visible()
    assert not is_wider_than_its_window(page)
    assert not is_wider_than_its_window(page, ".rl-scroll")


def test_on_a_phone_the_table_scrolls_inside_itself_and_the_names_stay(cookie: str, visitor: Visitor) -> None:
    page = opened(visitor, cookie, phone=True)
    assert is_wider_than_its_window(page, ".rl-scroll")
    page.evaluate("document.querySelector('.rl-scroll').scrollLeft = 10000")
    name = page.get_by_role("link", name=NAME)
    expect(name).to_be_in_viewport()
    expect(page.get_by_role("columnheader", name="Expected finish")).to_be_in_viewport()
    assert not is_wider_than_its_window(page)


def test_the_charts_say_what_they_show(cookie: str, visitor: Visitor) -> None:
    page = opened(visitor, cookie, java_script_enabled=False)
    expect(page.get_by_role("img", name="10 labels in 14 days, 1 today")).to_be_visible()
    expect(page.get_by_role("img", name="Labels a day, Monday to Sunday")).to_be_visible()
    expect(page.get_by_text("so far; last week")).to_be_visible()
