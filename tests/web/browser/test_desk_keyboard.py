"""An annotator judges with the keyboard alone, or with the mouse and no JavaScript; the votes are the ones meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsing import Visitor
from desk_page import choice, choice_label, shows, start, submit_by_key, why
from desk_scene import DeskScene
from playwright.sync_api import Route, expect
from waiting import eventually

from rlflow_core.models import Feedback

pytestmark = pytest.mark.browser

MakeScene = Callable[..., DeskScene]
# Digit -> label as shown and signed strength for the left output, as the scale of seven with a tie lays them out.
MEANING = {1: 3, 2: 2, 3: 1, 4: 0, 5: -1, 6: -2, 7: -3}
TEN = (1, 2, 3, 4, 5, 6, 7, 0, 6, 2)


def check_votes(scene: DeskScene, keys: tuple[int, ...]) -> None:
    """Hold what is stored against the keys pressed, under the order in which each task was shown."""
    votes = scene.votes()
    assert len(votes) == len(keys)
    for vote, key in zip(votes, keys, strict=True):
        if key == 0:
            assert (vote.label, vote.value) == ("both_bad", 0)
        elif MEANING[key] == 0:
            assert (vote.label, vote.value) == ("tie", 0)
        else:
            assert vote.better == vote.shown[0 if MEANING[key] > 0 else 1]
            assert abs(vote.value) == abs(MEANING[key])


def test_ten_tasks_are_judged_with_the_keyboard_alone(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=10)
    page = visitor.open(scene.cookie)
    page.goto(scene.path)
    page.keyboard.press("Enter")
    expect(page.locator("#answers")).to_be_visible()
    for key in TEN:
        page.keyboard.press(str(key))
        submit_by_key(page)
    expect(page.get_by_text("Nothing left for you right now", exact=True).last).to_be_visible()
    check_votes(scene, TEN)
    assert all(vote.active_ms is not None for vote in scene.votes())
    assert {vote.shown[0].startswith("Right") for vote in scene.votes()} == {True, False}


@pytest.mark.parametrize("late", ["workspace/keys.js", "js/copy.js"])
def test_keys_pressed_before_the_scripts_are_there_are_not_lost(
    scene_with: MakeScene, visitor: Visitor, late: str
) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    held: list[Route] = []
    page.route(f"**/{late}*", lambda route: held.append(route))
    page.reload(wait_until="commit")
    expect(page.locator("#answers")).to_be_visible()
    page.keyboard.press("6")
    page.keyboard.press("r")
    eventually(lambda: held, 5, "the script is asked for")
    page.keyboard.type("Written early; the 2nd is right.")
    page.keyboard.press("Control+Enter")
    assert scene.count(Feedback) == 0
    held[0].continue_()
    expect(shows(page, first)).to_have_count(0)
    check_votes(scene, (6,))
    assert scene.rationales() == ["Written early; the 2nd is right."]


def test_ten_tasks_are_judged_without_javascript(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=10)
    page = visitor.open(scene.cookie, java_script_enabled=False)
    start(page, scene)
    for key in TEN:
        choice_label(page, key).click()
        page.get_by_role("button", name="Submit and next").click()
    expect(page.get_by_text("Nothing left for you right now", exact=True).last).to_be_visible()
    check_votes(scene, TEN)
    assert all(vote.active_ms is None for vote in scene.votes())


def test_an_answer_moves_on_and_arrows_go_between_questions(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    start(page, scene)
    questions = page.locator("#answers .rl-ask")
    expect(questions.nth(0)).to_be_focused()
    page.keyboard.press("6")
    expect(questions.nth(1)).to_have_class("rl-ask active")
    page.keyboard.press("5")
    expect(choice(page, 5)).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(questions.nth(0)).to_have_class("rl-ask active")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Submit and next")).to_be_focused()
    expect(page.locator("[data-answered]")).to_have_text("1 of 2 answered")


def test_letters_are_silent_in_a_text_field_and_escape_leaves_it(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    start(page, scene)
    page.keyboard.press("2")
    page.keyboard.press("r")
    text = why(page)
    expect(text).to_be_focused()
    page.keyboard.type("usp g? 17")
    expect(text).to_have_value("usp g? 17")
    expect(page.locator("dialog:modal")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(text).not_to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Guidelines")).to_be_visible()
    page.keyboard.press("Escape")
    submit_by_key(page)
    assert scene.rationales() == ["usp g? 17"]


def test_keys_without_ctrl_can_be_turned_off(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    start(page, scene)
    page.keyboard.press("?")
    page.get_by_label("Keys without Ctrl work in this browser").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.keyboard.press("s")
    expect(page.locator("dialog:modal")).to_have_count(0)
    expect(page.locator("#answers input:checked[data-key]")).to_have_count(0)
    page.reload()
    page.keyboard.press("3")
    expect(page.locator("#answers input:checked[data-key]")).to_have_count(0)


def test_the_last_submit_is_undone_by_key_and_comes_back_with_its_answer(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=3)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    page.keyboard.press("1")
    submit_by_key(page)
    page.keyboard.press("u")
    expect(shows(page, first)).to_be_visible()
    expect(choice(page, 1)).to_be_checked()
    assert scene.votes() == []
    page.keyboard.press("7")
    submit_by_key(page)
    assert [abs(vote.value) for vote in scene.votes()] == [3]


def test_skipping_asks_for_a_reason_by_key(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=3)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    page.keyboard.press("s")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(shows(page, first)).to_have_count(0)
    skipped = next(one for one in scene.assignments() if one.id == first)
    assert (skipped.state, skipped.skip_reason) == ("skipped", "broken_task")


def test_a_postponed_task_comes_back_from_the_menu_with_its_draft(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=3)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    page.keyboard.press("5")
    page.keyboard.press("p")
    expect(shows(page, first)).to_have_count(0)
    page.get_by_role("button", name="Menu, 1 put aside").click()
    page.get_by_role("button", name="Question 1").click()
    expect(shows(page, first)).to_be_visible()
    expect(choice(page, 5)).to_be_checked()


def test_skip_and_postpone_work_without_javascript(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=3)
    page = visitor.open(scene.cookie, java_script_enabled=False)
    start(page, scene)
    page.get_by_role("button", name="Skip…").click()
    page.get_by_label("The task is unclear").check()
    page.get_by_label("Note for the researchers").fill("Two questions in one.")
    page.get_by_role("button", name="Skip task").click()
    choice_label(page, 2).click()
    why(page).fill("I come back to this.")
    page.get_by_role("button", name="Postpone").click()
    states = [(one.state, one.postponed_at is not None, one.note) for one in scene.assignments()]
    assert states == [
        ("skipped", False, "Two questions in one."),
        ("leased", True, None),
        ("leased", False, None),
    ]
    assert [draft.response["why"] for draft in scene.drafts()] == [{"text": "I come back to this."}]
    page.get_by_role("button", name="Menu, 1 put aside").click()
    page.get_by_role("button", name="Question 2").click()
    expect(why(page)).to_have_value("I come back to this.")


def test_nothing_is_counted_as_work_while_the_page_is_idle(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    page.clock.install()
    start(page, scene)
    page.clock.run_for(30_000)
    page.keyboard.press("4")
    page.clock.run_for(300_000)
    submit_by_key(page)
    eventually(lambda: scene.count(Feedback) == 1, 10, "the label is stored")
    (vote,) = scene.votes()
    assert vote.active_ms is not None
    assert 85_000 <= vote.active_ms <= 95_000
