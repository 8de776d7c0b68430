"""Coding and reasoning tasks at the desk: code to read, to copy and to compare; steps, mathematics, guidelines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import Visitor, axe_findings
from desk_page import start
from desk_scene import DeskScene
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import ProjectRevision
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import task_content, tasks
from rlflow_core.services.project_settings import components_of
from rlflow_core.services.task_drafts import OutputDraft, TaskDraft

pytestmark = pytest.mark.browser

MakeScene = Callable[..., DeskScene]
STARTER = "def closest(values):\n    '''The two values that are closest.'''\n"
CODING = {
    "prompt": "Complete the **function**.",
    "language": "python",
    "starter_code": STARTER,
    "tests": "assert closest([1, 5, 2]) == (1, 2)\n",
    "expected_behavior": "The smaller value first.",
}
FIRST = f"{STARTER}    values = sorted(values)\n\n\treturn min(zip(values, values[1:]))  # {'long ' * 60}\n"
SECOND = "    values = sorted(set(values))\n    return values[:2]\n"
GUIDELINES = "# Judge\n\n- **Read** the tests\n- <script>alert(1)</script>\n"


def scene_of(scene_with: MakeScene, task_type: str, content: dict[str, str], *outputs: str) -> DeskScene:
    """A project of this task type with one task, stored as an import stores it."""
    scene = scene_with(
        tasks=0,
        task_type={"key": task_type, "config": {}},
        reward_schemas=[{"name": "why", "key": "rationale", "config": {}}],
        guidelines=GUIDELINES,
        display_order="fixed",
    )
    with scene.app.app_context():
        db.transact(_store, scene.project_id, content, outputs)
    return scene


def _store(session: Session, project_id: str, content: dict[str, str], outputs: tuple[str, ...]) -> None:
    project = tasks.hold_project(session, project_id)
    revision = session.scalars(select(ProjectRevision).where(ProjectRevision.project_id == project_id)).one()
    draft = TaskDraft(content=content, outputs=tuple(OutputDraft(output=text) for text in outputs))
    prepared = task_content.prepare(get_host(), components_of(get_host(), revision), "all_outputs", draft)
    tasks.insert(session, project, revision, project.creator_id, [prepared])


@pytest.fixture
def coding(scene_with: MakeScene) -> DeskScene:
    return scene_of(scene_with, "coding", CODING, FIRST, SECOND)


def view_switch(page: Page, name: str) -> None:
    page.get_by_role("radiogroup", name="View of the outputs").get_by_text(name).click()


def test_a_coding_task_shows_prompt_and_tests_in_turn(coding: DeskScene, visitor: Visitor) -> None:
    page = visitor.open(coding.cookie)
    start(page, coding)
    task = page.get_by_role("region", name="Task", exact=True)
    expect(task.get_by_text("The smaller value first.")).to_be_visible()
    expect(task.get_by_role("group", name="Code to start from")).to_be_visible()
    expect(task.get_by_role("group", name="Tests")).to_be_hidden()
    task.get_by_text("Tests", exact=True).click()
    expect(task.get_by_role("group", name="Tests")).to_contain_text("assert closest")
    expect(task.get_by_role("group", name="Code to start from")).to_be_hidden()


def test_an_output_is_copied_as_it_was_written(coding: DeskScene, visitor: Visitor) -> None:
    page = visitor.open(coding.cookie, permissions=["clipboard-read", "clipboard-write"])
    start(page, coding)
    page.get_by_role("button", name="Copy output A").click()
    expect(page.get_by_text("Copied")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == FIRST


def test_a_selection_of_code_has_no_line_numbers(coding: DeskScene, visitor: Visitor) -> None:
    page = visitor.open(coding.cookie)
    start(page, coding)
    block = page.get_by_role("group", name="Output A", exact=True)
    selected = block.evaluate(
        "block => { getSelection().selectAllChildren(block); return `${getSelection()}`; }"
    )
    assert selected.rstrip("\n") == FIRST.removeprefix(STARTER).rstrip("\n")


def test_long_lines_scroll_in_their_block_and_wrap_where_the_reader_wants_it(
    coding: DeskScene, visitor: Visitor
) -> None:
    page = visitor.open(coding.cookie)
    start(page, coding)
    block = page.get_by_role("group", name="Output A", exact=True)
    is_wider = "block => block.scrollWidth > block.clientWidth"
    assert block.evaluate(is_wider)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_text("Wrap lines").click()
    assert not block.evaluate(is_wider)
    page.reload()
    expect(page.get_by_role("checkbox", name="Wrap lines")).to_be_checked()
    assert not page.get_by_role("group", name="Output A", exact=True).evaluate(is_wider)


def test_two_outputs_are_compared_and_shown_side_by_side_again(coding: DeskScene, visitor: Visitor) -> None:
    page = visitor.open(coding.cookie)
    start(page, coding)
    differences = page.get_by_role("region", name="Differences of the outputs")
    expect(differences).to_be_hidden()
    page.get_by_role("radio", name="Side by side").focus()
    page.keyboard.press("ArrowRight")
    expect(differences).to_be_visible()
    expect(differences.locator("del").first).to_contain_text("sorted(values)")
    expect(differences.locator("ins").first).to_contain_text("sorted(set(values))")
    marks = differences.locator("del, ins").evaluate_all(
        "lines => lines.map((line) => getComputedStyle(line, '::after').content)"
    )
    assert set(marks) == {'"− A"', '"+ B"'}
    expect(page.get_by_role("group", name="Output A", exact=True)).to_be_hidden()
    view_switch(page, "Side by side")
    expect(differences).to_be_hidden()
    expect(page.get_by_role("group", name="Output A", exact=True)).to_be_visible()


def test_outputs_are_compared_without_javascript_also_on_a_phone(coding: DeskScene, visitor: Visitor) -> None:
    page = visitor.open(coding.cookie, java_script_enabled=False)
    start(page, coding)
    view_switch(page, "Diff")
    expect(page.get_by_role("region", name="Differences of the outputs")).to_be_visible()
    phone = visitor.open(coding.cookie, phone=True, java_script_enabled=False)
    phone.goto(coding.path)
    phone.locator(".rl-panes label", has_text="Diff").click()
    expect(phone.get_by_role("region", name="Differences of the outputs")).to_be_visible()
    expect(phone.get_by_role("article", name="Output A")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_coding_and_its_differences_have_no_serious_finding_of_axe(
    coding: DeskScene, visitor: Visitor, axe: Path, theme: str
) -> None:
    page = visitor.open(coding.cookie, color_scheme=theme)
    start(page, coding)
    assert axe_findings(page, axe) == []
    view_switch(page, "Diff")
    assert axe_findings(page, axe) == []


SOLUTION = """We know \\(x^2 = 4\\).
\\[
\\begin{aligned}x&=2\\\\x&=-2\\end{aligned}
\\]
It costs $5 and $6.
#### $\\pm 2$"""


def test_steps_are_numbered_and_mathematics_is_drawn(
    scene_with: MakeScene, visitor: Visitor, axe: Path
) -> None:
    scene = scene_of(scene_with, "reasoning", {"prompt": "Solve $x^2 = 4$."}, SOLUTION)
    page = visitor.open(scene.cookie)
    start(page, scene)
    steps = page.get_by_role("list", name="Steps of output A").get_by_role("listitem")
    expect(steps).to_have_count(3)
    expect(steps.nth(2)).to_have_text("It costs $5 and $6.")
    rows = steps.nth(1).locator("mtr")
    first, second = rows.nth(0).bounding_box(), rows.nth(1).bounding_box()
    assert first is not None and second is not None
    assert second["y"] >= first["y"] + first["height"]
    assert axe_findings(page, axe) == []


def test_guidelines_are_markdown_and_nothing_of_them_acts(coding: DeskScene, visitor: Visitor) -> None:
    page = visitor.open(coding.cookie)
    start(page, coding)
    page.get_by_role("button", name="Guidelines").click()
    dialog = page.get_by_role("dialog", name="Guidelines")
    expect(dialog.get_by_role("heading", name="Judge")).to_be_visible()
    expect(dialog.locator("strong")).to_have_text("Read")
    expect(dialog.get_by_text("<script>alert(1)</script>")).to_be_visible()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = 1\n" * 100_000, "Shown as plain text"),
        ("y = 2  # " * 110_000, "Shown as plain text"),
        ("</pre><script>document.title='taken'</script>\n" * 40 + "z" * 2_000, "script"),
        ("if admin:\u202e }\u2066 # \x07\x1b[31m\n\tpass\n", "admin"),
    ],
    ids=["lines", "length", "markup", "unseen"],
)
def test_outputs_of_any_kind_and_size_leave_the_desk_usable(
    scene_with: MakeScene, visitor: Visitor, text: str, shown: str
) -> None:
    scene = scene_of(scene_with, "coding", CODING, text, SECOND)
    page = visitor.open(scene.cookie)
    page.goto(scene.path)
    page.get_by_role("button", name="Start").click()
    # Laying out a hundred thousand lines takes a busy machine some seconds; a page that hangs never gets there.
    expect(page.locator("#answers")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("article", name="Output A")).to_contain_text(shown)
    page.get_by_role("textbox", name="Why?").fill("Both can be read.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answers")).to_have_count(0, timeout=60_000)
    assert scene.rationales() == ["Both can be read."]
    assert "taken" not in page.title()
