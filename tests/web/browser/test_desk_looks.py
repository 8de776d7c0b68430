"""The desk on a phone and on a screen, in light and dark: everything in reach, nothing in the way of anybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from browsing import Visitor, axe_findings
from desk_page import choice, choice_label, shows, start
from desk_scene import DeskScene
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

MakeScene = Callable[..., DeskScene]
LONG = "A long answer that goes on for many lines.\n" * 60


def has_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_on_a_phone_tabs_show_one_output_and_the_scale_is_in_reach(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=0)
    scene.add(LONG, "Short.", prompt="Which of these is short? " * 40)
    page = visitor.open(scene.cookie, phone=True)
    first = start(page, scene)
    a, b = (page.get_by_role("article", name=f"Output {letter}") for letter in "AB")
    expect(a).to_be_visible()
    expect(b).to_be_hidden()
    page.locator(".rl-panes label", has_text="Output B").click()
    expect(b).to_be_visible()
    expect(a).to_be_hidden()
    assert not has_sideways_scroll(page)
    expect(page.get_by_text("Show the whole task")).to_be_visible()
    for key in (1, 4, 7, 0):
        box = choice_label(page, key).bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] > 844 / 2
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    expect(page.get_by_role("textbox", name="Why?")).to_be_hidden()
    page.locator(".rl-more-switch").click()
    page.get_by_role("textbox", name="Why?").fill("Written with a thumb.")
    choice_label(page, 6).click()
    page.get_by_role("button", name="Submit").click()
    expect(shows(page, first)).to_have_count(0)
    assert scene.rationales() == ["Written with a thumb."]


def test_the_tabs_work_on_a_phone_without_javascript(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=1)
    page = visitor.open(scene.cookie, phone=True, java_script_enabled=False)
    start(page, scene)
    page.locator(".rl-panes label", has_text="Output B").click()
    expect(page.get_by_role("article", name="Output B")).to_be_visible()
    expect(page.get_by_role("article", name="Output A")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
def test_no_width_scrolls_sideways(scene_with: MakeScene, visitor: Visitor, width: int) -> None:
    scene = scene_with(tasks=0)
    scene.add("word" * 300, LONG)
    page = visitor.open(scene.cookie, viewport={"width": width, "height": 800})
    page.goto(scene.path)
    assert not has_sideways_scroll(page)
    start(page, scene)
    assert not has_sideways_scroll(page)
    expect(page.get_by_role("button", name="Submit").last).to_be_in_viewport()


def test_an_empty_output_says_so_and_model_names_are_nowhere(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=0)
    scene.add("Four.", " \n")
    page = visitor.open(scene.cookie)
    start(page, scene)
    expect(page.get_by_text("empty answer", exact=True)).to_be_visible()
    assert "model-1" not in page.content()
    assert "model-2" not in page.content()


def test_both_outputs_have_the_same_width_and_their_lines_stand_level(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=0)
    scene.add("Short.", LONG)
    page = visitor.open(scene.cookie)
    start(page, scene)
    texts = [page.get_by_role("article", name=f"Output {letter}").locator(".rl-prose") for letter in "AB"]
    boxes = [text.bounding_box() for text in texts]
    assert boxes[0] is not None and boxes[1] is not None
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["width"] == boxes[1]["width"]
    assert page.locator("#answers input:checked").count() == 0


@pytest.mark.parametrize("phone", [False, True], ids=["screen", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    scene_with: MakeScene, visitor: Visitor, axe: Path, theme: Literal["light", "dark"], phone: bool
) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie, phone=phone, color_scheme=theme)
    page.goto(scene.path)
    assert axe_findings(page, axe) == []
    start(page, scene)
    assert axe_findings(page, axe) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("#trouble")).to_be_visible()
    assert axe_findings(page, axe) == []
    for dialog, key in (("skip", "s"), ("keys", "?"), ("guidelines", "g")):
        if phone and dialog != "skip":
            continue
        page.keyboard.press(key)
        expect(page.locator(f"#{dialog}")).to_be_visible()
        assert axe_findings(page, axe) == []
        page.keyboard.press("Escape")


def test_focus_goes_to_the_new_task_and_the_outcome_is_announced(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    choice(page, 2).check(force=True)
    page.keyboard.press("Control+Enter")
    expect(shows(page, first)).to_have_count(0)
    expect(page.locator("#answers .rl-ask").first).to_be_focused()
    expect(page.locator("#rl-status")).to_have_text("Submitted.")
