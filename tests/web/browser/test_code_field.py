"""Fields of code in generated forms: an editor with JavaScript, a plain field without, the same data from both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import Visitor, axe_findings
from desk_scene import DeskScene
from factories import make_member
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Project, Task, TaskVersion, User
from rlflow_core.services import sign_ins

pytestmark = pytest.mark.browser

CODE = "def add(a, b):\n    return a + b"


class Writer:
    """A researcher who writes coding tasks."""

    def __init__(self, scene: DeskScene) -> None:
        self.scene = scene
        with scene.app.app_context():
            self.cookie = db.transact(self._join)
        self.path = f"/projects/{scene.project_id}/tasks/new"

    def _join(self, session: Session) -> str:
        project = session.get_one(Project, self.scene.project_id)
        make_member(session, project, session.get_one(User, project.creator_id), role="researcher")
        return sign_ins.open_web(session, project.creator_id)

    def starter_codes(self) -> list[str]:
        """The code to start from of all tasks that were made."""
        with self.scene.app.app_context(), db.reading() as session:
            query = select(TaskVersion).join(Task, Task.id == TaskVersion.task_id)
            found = session.scalars(query.where(Task.project_id == self.scene.project_id))
            return [version.content["starter_code"] for version in found]


@pytest.fixture
def writer(scene_with: Callable[..., DeskScene]) -> Writer:
    return Writer(scene_with(tasks=0, task_type={"key": "coding", "config": {}}))


def open_form(writer: Writer, page: Page) -> Locator:
    """The editor of the first field of code, once all fields have theirs."""
    page.goto(writer.path)
    expect(page.locator(".cm-editor")).to_have_count(3)
    return page.get_by_role("textbox", name="Code to start from")


def create(page: Page) -> None:
    page.get_by_label("Prompt").fill("Add two numbers.")
    page.get_by_role("button", name="Create task").click()
    expect(page).not_to_have_url("**/tasks/new")


def test_code_is_written_in_an_editor_and_stored_as_written(writer: Writer, visitor: Visitor) -> None:
    page = visitor.open(writer.cookie)
    editor = open_form(writer, page)
    expect(editor).to_have_class("cm-content cm-lineWrapping")
    editor.fill(CODE)
    expect(editor.locator(".tok-keyword").first).to_have_text("def")
    page.get_by_text("Tests", exact=True).click()
    expect(page.get_by_role("textbox", name="Tests")).to_be_focused()
    create(page)
    assert writer.starter_codes() == [CODE]


def test_another_language_colours_other_words(writer: Writer, visitor: Visitor) -> None:
    page = visitor.open(writer.cookie)
    editor = open_form(writer, page)
    editor.fill("const x = 1;")
    expect(editor.locator(".tok-keyword")).to_have_count(0)
    page.get_by_label("Language").select_option("javascript")
    expect(editor.locator(".tok-keyword")).to_have_text("const")


def test_tab_leaves_the_editor(writer: Writer, visitor: Visitor) -> None:
    page = visitor.open(writer.cookie)
    open_form(writer, page).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Tests")).to_be_focused()


def test_without_javascript_the_field_is_a_plain_one(writer: Writer, visitor: Visitor) -> None:
    page = visitor.open(writer.cookie, java_script_enabled=False)
    page.goto(writer.path)
    page.get_by_label("Code to start from").fill(CODE)
    create(page)
    assert writer.starter_codes() == [CODE]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_form_has_no_serious_finding_of_axe(
    writer: Writer, visitor: Visitor, axe: Path, theme: str
) -> None:
    page = visitor.open(writer.cookie, color_scheme=theme)
    open_form(writer, page).fill(f"# Why\n{CODE} + len('x')")
    assert axe_findings(page, axe) == []


def test_the_editor_is_loaded_only_where_there_is_code(writer: Writer, visitor: Visitor) -> None:
    page = visitor.open(writer.cookie)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/tasks", wait_until="networkidle")
    assert not any("codemirror" in url for url in asked)
    page.goto(writer.path, wait_until="networkidle")
    assert sum("codemirror-" in url for url in asked) == 1
