"""Short words for what annotators do at their desk in a browser."""

from __future__ import annotations

from desk_scene import DeskScene
from playwright.sync_api import Locator, Page, expect


def start(page: Page, scene: DeskScene) -> str:
    """Take the first task; its assignment."""
    page.goto(scene.path)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#answers")).to_be_visible()
    return task_on(page)


def task_on(page: Page) -> str:
    """The assignment that the page shows."""
    return page.locator("#answers").get_attribute("data-assignment") or ""


def choice(page: Page, key: int) -> Locator:
    """The choice on the scale that the digit `key` stands for."""
    return page.locator(f'#answers input[data-key="{key}"]')


def choice_label(page: Page, key: int) -> Locator:
    """What people press to make that choice."""
    return page.locator("#answers .rl-scale label", has=page.locator(f'input[data-key="{key}"]'))


def why(page: Page) -> Locator:
    """The field of the rationale."""
    return page.get_by_role("textbox", name="Why?")


def submit_by_key(page: Page) -> None:
    """Press Ctrl+Enter and wait until another task, or none, is shown."""
    before = task_on(page)
    page.keyboard.press("Control+Enter")
    expect(shows(page, before)).to_have_count(0)


def shows(page: Page, assignment: str) -> Locator:
    """The form of this assignment."""
    return page.locator(f'#answers[data-assignment="{assignment}"]')
