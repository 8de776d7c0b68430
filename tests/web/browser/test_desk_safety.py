"""Nothing an annotator writes is lost, and nothing is stored twice: reload, refusal, two tabs, signed out, offline."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsing import Visitor
from desk_page import choice, choice_label, shows, start, submit_by_key, task_on, why
from desk_scene import DeskScene
from playwright.sync_api import Page, Route, expect

from rlflow_core.models import Draft, Feedback

pytestmark = pytest.mark.browser

MakeScene = Callable[..., DeskScene]
SAVED = 'span[data-when="saved"]'
MUST_SAY_WHY = [
    {"name": "preference", "key": "pairwise", "config": {}},
    {"name": "why", "key": "rationale", "config": {"required": "always", "minimum_length": 20}},
]


def wait_until_saved(page: Page) -> None:
    expect(page.locator(SAVED)).to_be_visible()


def test_a_draft_survives_a_reload(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    start(page, scene)
    page.keyboard.press("6")
    why(page).fill("B names both numbers.")
    wait_until_saved(page)
    assert scene.drafts()[0].response["why"] == {"text": "B names both numbers."}
    page.reload()
    expect(choice(page, 6)).to_be_checked()
    expect(why(page)).to_have_value("B names both numbers.")


def test_what_the_server_never_got_survives_a_reload_too(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2)
    visitor.allow("ERR_FAILED")
    page = visitor.open(scene.cookie)
    page.route("**/draft", lambda route: route.abort())
    start(page, scene)
    page.keyboard.press("3")
    why(page).fill("Written in a tunnel.")
    expect(page.get_by_text("Not saved on the server yet, kept in this browser").last).to_be_visible()
    assert scene.count(Draft) == 0
    page.unroute("**/draft")
    page.reload()
    expect(why(page)).to_have_value("Written in a tunnel.")
    expect(choice(page, 3)).to_be_checked()
    wait_until_saved(page)
    assert scene.drafts()[0].response["why"] == {"text": "Written in a tunnel."}


def test_saving_is_tried_again_until_it_works(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2)
    visitor.allow("ERR_FAILED")
    page = visitor.open(scene.cookie)
    page.route("**/draft", lambda route: route.abort())
    start(page, scene)
    page.keyboard.press("3")
    expect(page.locator('[data-when="kept"]')).to_be_visible()
    page.unroute("**/draft")
    wait_until_saved(page)
    assert scene.count(Draft) == 1


def test_a_refused_answer_keeps_everything_and_says_where(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2, reward_schemas=MUST_SAY_WHY)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    page.keyboard.press("2")
    why(page).fill("Too short.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#trouble")).to_contain_text("Not submitted.")
    expect(shows(page, first)).to_be_visible()
    expect(choice(page, 2)).to_be_checked()
    expect(why(page)).to_have_value("Too short.")
    expect(page.locator("#widget-why")).to_contain_text("Write at least 20 characters; this has 10.")
    expect(page.locator("#widget-why .rl-ask")).to_be_focused()
    assert scene.votes() == []
    why(page).fill("Long enough now, as it says more.")
    submit_by_key(page)
    assert scene.rationales() == ["Long enough now, as it says more."]


def test_a_refused_answer_keeps_everything_without_javascript(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie, java_script_enabled=False)
    first = start(page, scene)
    why(page).fill("I forgot to choose.")
    page.get_by_role("button", name="Submit and next").click()
    expect(page.locator("#trouble")).to_contain_text("1 answer is missing or does not fit.")
    expect(page.locator("#widget-preference")).to_contain_text("Not answered yet.")
    expect(why(page)).to_have_value("I forgot to choose.")
    choice_label(page, 2).click()
    page.get_by_role("button", name="Submit and next").click()
    expect(shows(page, first)).to_have_count(0)
    assert scene.rationales() == ["I forgot to choose."]


def test_two_tabs_with_the_same_answer_store_one_label(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    other = page.context.new_page()
    other.goto(f"{scene.path}/{first}")
    for tab in (page, other):
        choice_label(tab, 2).click()
    submit_by_key(page)
    submit_by_key(other)
    assert task_on(page) == task_on(other)
    assert scene.count(Feedback) == 1


def test_two_tabs_with_different_answers_store_the_first_and_say_so(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    other = page.context.new_page()
    other.goto(f"{scene.path}/{first}")
    choice_label(page, 2).click()
    submit_by_key(page)
    choice_label(other, 6).click()
    other.keyboard.press("Control+Enter")
    expect(other.locator("#trouble")).to_contain_text("You submitted this task already, with another answer.")
    expect(choice(other, 6)).to_be_checked()
    expect(choice(other, 6)).to_be_disabled()
    other.get_by_role("link", name="Show what is stored").click()
    expect(choice(other, 2)).to_be_checked()
    other.get_by_role("link", name="Go on").click()
    assert task_on(other) == task_on(page)
    (vote,) = scene.votes()
    assert vote.better == vote.shown[0]


def test_pressing_submit_twice_at_once_stores_one_label(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=3)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    choice_label(page, 2).click()
    page.evaluate(
        """() => {
            const button = document.querySelector("#answers [data-submit]");
            button.click();
            button.click();
        }"""
    )
    expect(shows(page, first)).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert scene.count(Feedback) == 1


def test_an_answer_whose_acknowledgement_was_lost_is_stored_once(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=2)
    visitor.allow("Failed to fetch")
    visitor.allow("ERR_FAILED")
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    keys: list[str] = []

    def lose_the_answer(route: Route) -> None:
        keys.append(str(route.request.post_data))
        route.fetch()
        route.abort()

    page.route("**/submit", lose_the_answer)
    choice_label(page, 2).click()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-request-error]")).to_contain_text("The server did not answer.")
    assert scene.count(Feedback) == 1
    page.unroute("**/submit")
    with page.expect_request("**/submit") as again:
        submit_by_key(page)
    assert key_in(keys[0]) == key_in(str(again.value.post_data))
    assert scene.count(Feedback) == 1
    expect(shows(page, first)).to_have_count(0)


def key_in(body: str) -> str:
    return next(part for part in body.split("&") if part.startswith("idempotency_key="))


def test_going_back_after_a_submit_shows_no_old_form(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=3)
    page = visitor.open(scene.cookie)
    page.goto("/")
    page.get_by_role("button", name="Start: Answers to questions").click()
    choice_label(page, 2).click()
    submit_by_key(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Your projects")).to_be_visible()
    page.go_forward()
    expect(page.locator("#answers")).to_be_visible()
    assert [one.state for one in scene.assignments()] == ["completed", "leased"]
    assert task_on(page) == scene.assignments()[1].id


def test_signed_out_the_text_stays_and_goes_on_after_signing_in(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    scene.sign_out(scene.cookie)
    choice_label(page, 2).click()
    why(page).fill("My session ended while I wrote this.")
    expect(page.get_by_text("You are signed out.").last).to_be_visible()
    page.context.add_cookies([{"name": "rlflow", "value": scene.sign_in(), "url": page.url}])
    page.get_by_role("button", name="go on").click()
    wait_until_saved(page)
    expect(why(page)).to_have_value("My session ended while I wrote this.")
    submit_by_key(page)
    expect(shows(page, first)).to_have_count(0)
    assert scene.rationales() == ["My session ended while I wrote this."]


def test_a_submit_while_signed_out_keeps_the_page(scene_with: MakeScene, visitor: Visitor) -> None:
    scene = scene_with(tasks=2)
    page = visitor.open(scene.cookie)
    first = start(page, scene)
    choice_label(page, 2).click()
    wait_until_saved(page)
    scene.sign_out(scene.cookie)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-request-error]")).to_contain_text("You are signed out.")
    expect(shows(page, first)).to_be_visible()
    expect(choice(page, 2)).to_be_checked()
    assert scene.votes() == []


def test_a_text_field_made_larger_breaks_nothing_with_the_next_task(
    scene_with: MakeScene, visitor: Visitor
) -> None:
    scene = scene_with(tasks=3)
    page = visitor.open(scene.cookie)
    start(page, scene)
    for _ in range(2):
        # As the corner of the field does when it is pulled.
        why(page).evaluate("field => { field.style.height = '9rem'; }")
        choice_label(page, 2).click()
        submit_by_key(page)
    assert scene.count(Feedback) == 2
