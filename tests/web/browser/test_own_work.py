"""In a real browser: one press begins, returned work is redone with its note in sight, an answer is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import Visitor, axe_findings
from desk_page import submit_by_key
from desk_scene import DeskScene
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from waiting import eventually

from rlflow_core.extensions import db
from rlflow_core.models import Feedback, FeedbackRevision, Project, User
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services import notifications, returning, sign_ins

pytestmark = pytest.mark.browser


def researcher_cookie(scene: DeskScene) -> str:
    """The cookie of the person who made the project, as an admin, who may manage all."""
    with scene.app.app_context():

        def sign_in(session: Session) -> str:
            project = session.get_one(Project, scene.project_id)
            session.get_one(User, project.creator_id).role = "admin"
            return sign_ins.open_web(session, project.creator_id)

        return db.transact(sign_in)


def give_back(scene: DeskScene, note: str) -> None:
    """Return the only judgement of the project."""
    with scene.app.app_context():
        row = db.read.scalars(select(Feedback).where(Feedback.project_id == scene.project_id)).one()
        viewer = Viewer(scene.annotator_id, "admin@example.org", "admin")
        db.transact(returning.give_back, viewer, row.id, note, 60)


def revisions(scene: DeskScene) -> int:
    with scene.app.app_context():
        rows = db.read.scalars(
            select(FeedbackRevision).where(FeedbackRevision.annotator_id == scene.annotator_id)
        )
        return len(rows.all())


def unread(scene: DeskScene) -> int:
    with scene.app.app_context(), db.reading() as session:
        return notifications.unread(session, Viewer(scene.annotator_id, "ann@example.org", "annotator"))


def test_work_is_begun_returned_redone_and_changed(
    visitor: Visitor, scene_with: Callable[..., DeskScene], axe: Path
) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    page.goto("/")
    page.get_by_role("button", name="Start: Answers to questions").press("Enter")
    expect(page.locator("#answers")).to_be_visible()
    page.keyboard.press("2")
    submit_by_key(page)
    give_back(scene, "Say why.")

    page.goto("/")
    page.get_by_role("link", name="See and redo").click()
    expect(page.get_by_text("Say why.")).to_be_visible()
    assert axe_findings(page, axe) == []
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_text("A researcher returned this to you.")).to_be_visible()
    page.keyboard.press("6")
    submit_by_key(page)
    assert revisions(scene) == 2

    page.goto("/my-work")
    page.get_by_role("link", name="Change", exact=False).last.click()
    expect(page.get_by_text("You change an answer that you submitted.")).to_be_visible()
    page.keyboard.press("4")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Your earlier answer is kept.")).to_be_visible()
    assert page.url.endswith("/my-work")
    assert revisions(scene) == 3


def test_pages_of_a_researcher_fit_a_phone_and_everybody(
    visitor: Visitor, scene_with: Callable[..., DeskScene], axe: Path
) -> None:
    scene = scene_with(tasks=1)
    cookie = researcher_cookie(scene)
    for options in ({}, {"phone": True}, {"color_scheme": "dark"}):
        page = visitor.open(cookie, **options)
        for path in (
            "/",
            "/notifications",
            f"/projects/{scene.project_id}/members",
            f"/projects/{scene.project_id}/judgements",
        ):
            page.goto(path)
            assert axe_findings(page, axe) == [], path
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide <= 0, path


def test_a_note_is_written_and_sent_in_the_list_of_judgements(
    visitor: Visitor, scene_with: Callable[..., DeskScene]
) -> None:
    scene = scene_with(tasks=1)
    desk = visitor.open(scene.cookie)
    desk.goto(scene.path)
    desk.get_by_role("button", name="Start").press("Enter")
    expect(desk.locator("#answers")).to_be_visible()
    desk.keyboard.press("2")
    submit_by_key(desk)
    page = visitor.open(researcher_cookie(scene))
    page.goto(f"/projects/{scene.project_id}/judgements")
    page.locator("summary", has_text="Return").click()
    page.get_by_label("What to look at again").fill("Look at both.")
    page.get_by_role("button", name="Return to annotator").click()
    expect(page.get_by_text("Its annotator is told")).to_be_visible()
    eventually(lambda: unread(scene), 30, "the annotator is told")
    desk.goto("/")
    desk.get_by_role("link", name="Notifications, 1 unread").first.click()
    desk.get_by_role("button", name="A task was returned to you in Answers to questions.", exact=True).click()
    expect(desk.get_by_text("Look at both.")).to_be_visible()
