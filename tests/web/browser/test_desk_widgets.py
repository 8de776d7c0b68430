"""Widgets of others on the desk: rows that buttons add and drop, an ES module, and the answers beside them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsing import Visitor
from desk_page import choice, choice_label, shows, start, submit_by_key
from desk_scene import DeskScene
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

MakeScene = Callable[..., DeskScene]
SCHEMAS = [
    {"name": "preference", "key": "pairwise", "config": {}},
    {"name": "wrong", "key": "faults", "config": {}},
]


def add_two_and_drop_the_first(page: Page) -> None:
    page.get_by_role("button", name="Add a fault").click()
    page.get_by_label("Fault 1").fill("the sum")
    page.get_by_role("button", name="Add a fault").click()
    page.get_by_label("Fault 2").fill("the unit")
    page.get_by_label("Grave").nth(1).check()
    page.get_by_role("button", name="Drop 1").click()
    expect(page.get_by_label("Fault 2")).to_have_count(0)
    expect(page.get_by_label("Fault 1")).to_have_value("the unit")
    expect(page.get_by_label("Grave")).to_be_checked()


def test_rows_come_and_go_beside_the_other_answers(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2, reward_schemas=SCHEMAS)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    choice_label(page, 2).click()
    add_two_and_drop_the_first(page)
    expect(choice(page, 2)).to_be_checked()
    expect(page.locator('[data-when="saved"]')).to_be_visible()
    page.reload()
    expect(page.get_by_label("Fault 1")).to_have_value("the unit")
    submit_by_key(page)
    assert scene.responses() == [{"faults": [{"where": "the unit", "grave": True}]}]
    expect(shows(page, first)).to_have_count(0)


def test_rows_come_and_go_without_javascript(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2, reward_schemas=SCHEMAS)
    page = visitor.open(scene.cookie, java_script_enabled=False)
    start(page, scene)
    choice_label(page, 2).click()
    add_two_and_drop_the_first(page)
    page.get_by_role("button", name="Submit and next").click()
    assert scene.responses() == [{"faults": [{"where": "the unit", "grave": True}]}]


def test_enter_in_a_text_field_goes_on_and_never_presses_a_button_of_a_row(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=2, reward_schemas=SCHEMAS)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    page.get_by_role("button", name="Add a fault").click()
    page.get_by_label("Fault 1").fill("the sum")
    page.get_by_label("Fault 1").press("Enter")
    expect(page.get_by_role("button", name="Submit and next")).to_be_focused()
    expect(shows(page, first)).to_be_visible()
    expect(page.get_by_label("Fault 1")).to_have_count(1)


def test_the_module_of_a_widget_runs_for_every_task(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2, reward_schemas=SCHEMAS)
    page = visitor.open(scene.cookie)
    start(page, scene)
    expect(page.get_by_text("0 faults counted")).to_be_visible()
    page.get_by_role("button", name="Add a fault").click()
    expect(page.get_by_text("1 faults counted")).to_be_visible()
    choice_label(page, 2).click()
    submit_by_key(page)
    expect(page.get_by_text("0 faults counted")).to_be_visible()
