"""Ratings, thumbs, rankings and step labels on the desk: by keys, by mouse, without JavaScript, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from browsing import Visitor, axe_findings
from desk_page import shows, start, submit_by_key
from desk_scene import DeskScene
from playwright.sync_api import Page, expect
from step_scene import split_outputs

pytestmark = pytest.mark.browser

MakeScene = Callable[..., DeskScene]

SOLUTIONS = (
    "Three dozen are 36.\nSo she pays 36 dollars.\nThat is $36$.",
    "Three dozen are 35.\nShe pays 35.",
)
PAIR = {"name": "preference", "key": "pairwise", "config": {}}
REWARD = {"name": "reward", "key": "scalar", "config": {}}
TABLE = {
    "name": "table",
    "key": "scalar",
    "config": {"maximum": 3, "dimensions": [{"name": "helpful"}, {"name": "short"}, {"name": "true"}]},
}
WIDE = {"name": "sure", "key": "scalar", "config": {"per": "task", "minimum": 0, "maximum": 100}}
THUMBS = {"name": "thumbs", "key": "binary", "config": {}}
ORDER = {"name": "order", "key": "ranking", "config": {}}
STEPS = {"name": "steps", "key": "steps", "config": {}}
STOPPING = {**STEPS, "config": {"stop_after_first_wrong": True}}


def scene_of(
    scene_with: MakeScene, outputs: tuple[str, ...], *schemas: Any, steps: bool = False
) -> DeskScene:
    scene = scene_with(tasks=0, reward_schemas=list(schemas), display_order="fixed")
    scene.add(*outputs)
    if steps:
        split_outputs(scene)
    return scene


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def rows(scene: DeskScene, schema: str, group: str, *fields: str) -> list[tuple[Any, ...]]:
    """The rows of the one answer under `schema`: what stands in these fields."""
    (response,) = scene.responses(schema)
    return [tuple(row.get(field) for field in fields) for row in response[group]]


def wait_for_module(page: Page) -> None:
    expect(page.get_by_role("button", name="Tie with the one above")).to_be_visible()


def letters(page: Page) -> list[str]:
    """The outputs of the ranking in the order in which they stand."""
    found: list[str] = page.locator("[data-ranks] > li").evaluate_all(
        "rows => rows.map(row => row.dataset.letter)"
    )
    return found


def test_digits_rate_one_output_after_the_other_and_nothing_else(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_of(scene_with, ("One.", "Two."), PAIR, REWARD, {**REWARD, "name": "again"})
    page = visitor.open(scene.cookie)
    start(page, scene)
    # 2 prefers A; then A and B are rated 4 and 1; 7 and 0 are keys of the preference alone, whose turn is over.
    press(page, "2", "4", "7", "0", "1", "5", "3")
    expect(page.locator("[data-answered]")).to_have_text("5 of 5 answered")
    submit_by_key(page)
    assert [response["choice"].rpartition(":")[2] for response in scene.responses("preference")] == ["2"]
    assert rows(scene, "reward", "ratings", "value") == [(4,), (1,)]
    assert rows(scene, "again", "ratings", "value") == [(5,), (3,)]


def test_j_k_and_arrows_lead_from_rating_to_rating(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, ("One.", "Two."), TABLE)
    page = visitor.open(scene.cookie)
    start(page, scene)
    press(page, "j", "ArrowDown", "3", "k", "k", "k", "1", "j", "j", "2", "2", "2")
    press(page, "k", "k", "ArrowUp", "k", "3")
    submit_by_key(page)
    assert rows(scene, "table", "ratings", "dimension", "value") == [
        ("helpful", 1),
        ("helpful", 3),
        ("short", 3),
        ("short", 2),
        ("true", 2),
        ("true", 2),
    ]


def test_a_wide_scale_takes_typed_numbers_and_a_slider(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, ("One.", "Two."), PAIR, WIDE)
    page = visitor.open(scene.cookie)
    start(page, scene)
    slider, number = page.locator("#answers input[type=range]"), page.get_by_role("spinbutton")
    expect(slider).to_be_visible()
    expect(number).to_have_value("")
    press(page, "1", "4", "2")
    expect(number).to_have_value("42")
    expect(slider).to_have_value("42")
    slider.fill("77")
    expect(number).to_have_value("77")
    press(page, "Escape")
    expect(page.locator('[data-when="saved"]')).to_be_visible()
    page.reload()
    expect(number).to_have_value("77")
    expect(slider).to_have_value("77")
    submit_by_key(page)
    assert scene.responses("sure")[0]["value"] == 77
    assert scene.responses("preference")[0]["choice"].endswith(":3")


def test_thumbs_go_up_and_down_by_keys(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, ("One.", "Two."), THUMBS)
    page = visitor.open(scene.cookie)
    start(page, scene)
    press(page, "1", "2")
    submit_by_key(page)
    assert rows(scene, "thumbs", "verdicts", "verdict") == [("desirable",), ("undesirable",)]


def test_outputs_are_ranked_in_the_order_of_their_keys_and_tied(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_of(scene_with, ("One.", "Two.", "Three.", "Four."), ORDER)
    page = visitor.open(scene.cookie)
    start(page, scene)
    wait_for_module(page)
    press(page, "3", "1", "=", "4", "2")
    expect(page.locator("[data-said]")).to_have_text("Output B: rank 3")
    assert letters(page) == ["C", "A", "D", "B"]
    expect(page.locator('[data-when="saved"]')).to_be_visible()
    page.reload()
    wait_for_module(page)
    assert letters(page) == ["A", "C", "D", "B"]
    submit_by_key(page)
    assert rows(scene, "order", "ranks", "rank") == [(1,), (3,), (1,), (2,)]


def test_arrows_move_the_output_that_has_the_focus(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, ("One.", "Two.", "Three."), ORDER)
    page = visitor.open(scene.cookie)
    start(page, scene)
    wait_for_module(page)
    press(page, "1", "2", "3")
    page.get_by_role("button", name="Output C", exact=True).focus()
    press(page, "ArrowUp", "ArrowUp", "ArrowDown")
    assert letters(page) == ["A", "C", "B"]
    press(page, "=")
    expect(page.locator("[data-said]")).to_have_text("Output C: rank 1, tied with A")
    press(page, "ArrowUp")
    assert letters(page) == ["C", "A", "B"]
    page.get_by_label("Rank of output B").select_option("1")
    submit_by_key(page)
    assert rows(scene, "order", "ranks", "rank") == [(2,), (1,), (1,)]


def test_an_output_is_dragged_to_its_rank(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, ("One.", "Two.", "Three."), ORDER)
    page = visitor.open(scene.cookie)
    start(page, scene)
    wait_for_module(page)
    press(page, "1", "2", "3")
    grips = page.locator("[data-grip]")
    grips.nth(2).drag_to(grips.nth(0))
    assert letters(page) == ["C", "A", "B"]
    submit_by_key(page)
    assert rows(scene, "order", "ranks", "rank") == [(2,), (3,), (1,)]


def test_a_pressed_output_gives_its_rank_back(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, ("One.", "Two.", "Three."), ORDER)
    page = visitor.open(scene.cookie)
    before = start(page, scene)
    wait_for_module(page)
    press(page, "1", "2", "3", "1")
    assert letters(page) == ["B", "C", "A"]
    press(page, "Control+Enter")
    expect(page.get_by_text("Not ranked yet: A.")).to_be_visible()
    expect(shows(page, before)).to_have_count(1)
    assert scene.responses("order") == []


def test_steps_are_labelled_one_after_the_other_with_a_note(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, SOLUTIONS[:1], STEPS, steps=True)
    page = visitor.open(scene.cookie)
    start(page, scene)
    expect(page.get_by_role("article", name="Output A")).to_be_hidden()
    expect(page.locator("#answers math")).to_have_count(1)
    press(page, "+", "-", "n")
    note = page.get_by_role("textbox", name="Note on step 2")
    expect(note).to_be_focused()
    page.keyboard.type("36 cents - not dollars")
    press(page, "Escape", "j", "0")
    expect(page.locator("[data-answered]")).to_have_text("3 of 3 answered")
    expect(page.locator('[data-when="saved"]')).to_be_visible()
    page.reload()
    expect(note).to_have_value("36 cents - not dollars")
    submit_by_key(page)
    assert rows(scene, "steps", "steps", "index", "value", "note") == [
        (0, 1, ""),
        (1, -1, "36 cents - not dollars"),
        (2, 0, ""),
    ]


def test_nothing_is_asked_after_the_first_wrong_step_where_labels_end_there(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_of(scene_with, SOLUTIONS, STOPPING, steps=True)
    page = visitor.open(scene.cookie)
    start(page, scene)
    press(page, "3", "1", "2", "3")
    expect(page.get_by_role("group", name="Step 3 of output A").get_by_role("radio")).to_have_count(0)
    expect(page.locator("[data-answered]")).to_have_text("4 of 4 answered")
    submit_by_key(page)
    assert rows(scene, "steps", "steps", "value") == [(1,), (-1,), (None,), (0,), (1,)]


def test_a_refused_answer_leads_to_the_first_question_without_one(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_of(scene_with, SOLUTIONS, STEPS, steps=True)
    page = visitor.open(scene.cookie)
    start(page, scene)
    press(page, "+", "+", "Control+Enter")
    expect(page.get_by_text("Not labelled yet: A 3, B 1, B 2.")).to_be_visible()
    expect(page.get_by_role("group", name="Step 3 of output A")).to_be_focused()


def test_everything_is_answered_without_javascript(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, SOLUTIONS, ORDER, REWARD, WIDE, THUMBS, STOPPING, steps=True)
    page = visitor.open(scene.cookie, java_script_enabled=False)
    start(page, scene)
    expect(page.get_by_role("button", name="Tie with the one above")).to_have_count(0)
    expect(page.locator("#answers input[type=range]")).to_be_hidden()
    page.get_by_label("Rank of output A").select_option("1")
    page.get_by_label("Rank of output B").select_option("1")
    page.get_by_role("group", name="Output A").get_by_role("radio", name="4").check()
    page.get_by_role("group", name="Output B").get_by_role("radio", name="2").check()
    page.get_by_role("spinbutton").fill("7")
    page.get_by_role("group", name="Output A").get_by_role("radio", name="Good").check()
    page.get_by_role("group", name="Output B").get_by_role("radio", name="Bad").check()
    page.get_by_role("group", name="Step 1 of output A").get_by_role("radio", name="−1").check()
    page.get_by_role("group", name="Step 1 of output B").get_by_role("radio", name="−1").check()
    page.get_by_role("button", name="Submit and next").click()
    assert rows(scene, "order", "ranks", "rank") == [(1,), (1,)]
    assert rows(scene, "reward", "ratings", "value") == [(4,), (2,)]
    assert scene.responses("sure")[0]["value"] == 7
    assert rows(scene, "thumbs", "verdicts", "verdict") == [("desirable",), ("undesirable",)]
    assert rows(scene, "steps", "steps", "value") == [(-1,), (None,), (None,), (-1,), (None,)]


def test_the_map_of_keys_shows_those_of_every_question(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_of(scene_with, SOLUTIONS, ORDER, STEPS, steps=True)
    page = visitor.open(scene.cookie)
    start(page, scene)
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Keys")
    for words in ("Tie with the one above", "Note on the last labelled step", "Label the step right"):
        expect(dialog.get_by_text(words)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["screen", "phone"])
def test_nobody_is_shut_out(
    scene_with: MakeScene, visitor: Visitor, axe: Path, scheme: Literal["light", "dark"], phone: bool
) -> None:
    for outputs, schemas in (
        (SOLUTIONS, (ORDER, TABLE, WIDE, THUMBS)),
        (SOLUTIONS, (STOPPING, REWARD)),
        (("One.", "Two.", "Three."), (ORDER, REWARD)),
    ):
        scene = scene_of(scene_with, outputs, *schemas, steps=True)
        page = visitor.open(scene.cookie, phone=phone, color_scheme=scheme, reduced_motion="reduce")
        start(page, scene)
        page.locator("#answers [data-key]:visible").first.click(force=True)
        assert axe_findings(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        boxes = page.locator("#answers fieldset:visible").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).filter(box => box.right > innerWidth).length"
        )
        assert boxes == 0
