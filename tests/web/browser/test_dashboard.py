"""The dashboard in a real browser: charts drawn under the content policy, live while looked at, for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from browsing import Running, Visitor, axe_findings
from factories import make_member, make_project, make_task, make_user
from labels import make_vote, prefer
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from waiting import eventually

from rlflow_core.extensions import db
from rlflow_core.models import Project, TaskItem, User, db_now
from rlflow_core.plugin_api import Signal
from rlflow_core.services import sign_ins

pytestmark = pytest.mark.browser

PAST_THE_INTERVAL = 16_000
PICTURE = "document.querySelector('#dashboard canvas').toDataURL()"


@dataclass
class Measured:
    """A researcher's project with judgements of just now."""

    product: Running
    project_id: str
    cookie: str

    @property
    def path(self) -> str:
        return f"/projects/{self.project_id}/dashboard"

    def judge(self, label: str) -> None:
        """One more annotator judges all items."""
        with self.product.app.app_context():
            db.transact(self._judge, label)

    def _judge(self, session: Session, label: str) -> None:
        member = make_member(session, session.get_one(Project, self.project_id))
        grader = make_member(session, session.get_one(Project, self.project_id))
        now = session.scalar(select(db_now()))
        assert now is not None
        items = session.scalars(select(TaskItem).where(TaskItem.project_id == self.project_id)).all()
        for number, item in enumerate(items):
            prefer(session, item, member, label, created_at=now)
            grade = Signal("grade", "scalar", value=number / 3)
            make_vote(session, item, grader, {"quality": [grade]}, created_at=now)


@pytest.fixture
def measured(product: Running) -> Measured:
    def make(session: Session) -> tuple[str, str]:
        researcher: User = make_user(session, role="researcher")
        project = make_project(session, researcher, name="Measured answers")
        make_member(session, project, researcher, role="researcher")
        for number in range(4):
            make_task(session, project, prompt=f"Question {number}?")
        return project.id, sign_ins.open_web(session, researcher.id)

    with product.app.app_context():
        project_id, cookie = db.transact(make)
    made = Measured(product, project_id, cookie)
    made.judge("first")
    return made


def opened(visitor: Visitor, measured: Measured, **options: object) -> Page:
    page = visitor.open(measured.cookie, **options)
    page.goto(measured.path)
    return page


def is_wider_than_its_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_charts_are_drawn_and_follow_the_theme(measured: Measured, visitor: Visitor) -> None:
    page = opened(visitor, measured, color_scheme="light")
    expect(page.locator("#dashboard canvas")).to_have_count(3)
    expect(page.locator("#dashboard [data-drawn]:visible")).to_have_count(0)
    assert page.locator("[data-module-failed]").count() == 0
    light = page.evaluate(PICTURE)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("#dashboard canvas")).to_have_count(3)
    eventually(lambda: page.evaluate(PICTURE) != light, 10, "the chart is drawn in other colours")


def test_without_javascript_the_charts_and_their_tables_are_there(
    measured: Measured, visitor: Visitor
) -> None:
    page = opened(visitor, measured, java_script_enabled=False)
    expect(page.locator("svg[aria-label='Labels so far']")).to_be_visible()
    page.get_by_text("Labels per day as a table").click()
    expect(page.get_by_role("region", name="Labels per day").get_by_role("row").last).to_contain_text("8")


def test_new_labels_come_in_while_somebody_looks_and_what_is_open_stays_open(
    measured: Measured, visitor: Visitor
) -> None:
    page = visitor.open(measured.cookie)
    page.clock.install()
    page.goto(measured.path)
    expect(page.get_by_text("8 labels", exact=True)).to_be_visible()
    page.get_by_text("Labels per day as a table").click()
    measured.judge("second")
    page.clock.fast_forward(PAST_THE_INTERVAL)
    expect(page.get_by_text("16 labels", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Labels per day")).to_be_visible()
    expect(page.locator("#dashboard canvas")).to_have_count(3)


def test_nothing_is_asked_while_nobody_looks(measured: Measured, visitor: Visitor) -> None:
    page = visitor.open(measured.cookie)
    page.clock.install()
    page.goto(measured.path)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.isAway ?? true})")
    page.clock.fast_forward(PAST_THE_INTERVAL)
    page.clock.fast_forward(PAST_THE_INTERVAL)
    assert [url for url in asked if "dashboard" in url] == []
    with page.expect_response(lambda answer: "seen=" in answer.url) as answer:
        page.evaluate("window.isAway = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert answer.value.status == 204


@pytest.mark.parametrize("phone", [False, True], ids=["screen", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    measured: Measured, visitor: Visitor, axe: Path, theme: Literal["light", "dark"], phone: bool
) -> None:
    page = opened(visitor, measured, phone=phone, color_scheme=theme)
    expect(page.locator("#dashboard canvas")).to_have_count(3)
    assert axe_findings(page, axe) == []
    assert not is_wider_than_its_window(page)
    page.goto("/dashboard")
    expect(page.get_by_role("link", name="Measured answers")).to_be_visible()
    assert axe_findings(page, axe) == []
    assert not is_wider_than_its_window(page)
