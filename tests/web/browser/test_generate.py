"""Watching models answer in a real Chromium: text that grows, a stop, an outage, nothing to stumble over."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Running, Visitor, axe_findings
from databases import settings_for, sqlite_copy
from generation_scene import GenerationScene
from people import Cast
from playwright.sync_api import Page, expect
from provider_stub import Handler, ProviderStub, answer, end, environment, piece, serving, status
from rlflow_processes import RlflowProcess
from waiting import eventually

from rlflow_core.app import create_app
from rlflow_core.extensions import db
from rlflow_core.services import sign_ins

pytestmark = pytest.mark.browser
# The first answer waits until the server has loaded the client of its provider.
PATIENCE = 30_000
XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def service() -> Iterator[ProviderStub]:
    """The model service of the product under test."""
    with serving(answer("Four.")) as made:
        yield made


@pytest.fixture(scope="module")
def product(
    service: ProviderStub, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """`rlflow up` whose providers ask the service."""
    folder = tmp_path_factory.mktemp("generate")
    url = sqlite_copy(_sqlite_template, folder)
    before = dict(os.environ)
    os.environ.update(environment(service))
    settings = {"database_url": url, "data_dir": str(folder / "data"), "generation_retry": "0.05"}
    process = RlflowProcess(folder, "up", "--port", "0", ratelimit_enabled="0", **settings)
    os.environ.clear()
    os.environ.update(before)
    try:
        address = process.wait_for_output(r"answers at (http://\S+)")[1]
        app = create_app(settings_for(url, folder / "data"))
        yield Running(address, app)
        with app.app_context():
            db.dispose()
    finally:
        process.kill_all()


@pytest.fixture(scope="module")
def cast(product: Running) -> Cast:
    """The people of this product."""
    return Cast(product.app)


@pytest.fixture
def scene(product: Running, cast: Cast) -> GenerationScene:
    """A task that nobody has answered."""
    return GenerationScene(product.app, cast)


def open_form(visitor: Visitor, scene: GenerationScene, **options: object) -> Page:
    with scene.app.app_context():
        cookie = db.transact(sign_ins.open_web, scene.cast.alice.id)
    page = visitor.open(cookie, **options)
    page.goto(f"/tasks/{scene.task_id}/generate")
    return page


def press_generate(page: Page) -> None:
    page.locator("#generate-form section").get_by_role("button", name="Generate").click()


def test_an_answer_grows_before_it_is_whole_and_then_stands_among_the_outputs(
    visitor: Visitor, scene: GenerationScene, service: ProviderStub
) -> None:
    half, go_on = threading.Event(), threading.Event()

    def pause_in_the_middle(handler: Handler) -> None:
        handler.begin(200, "text/event-stream", None)
        handler.wfile.write(piece(handler.model, json.dumps(f"Half {XSS}")))
        handler.wfile.flush()
        half.set()
        go_on.wait(30)
        handler.wfile.write(piece(handler.model, '" and whole."'))
        end(handler)

    service.will(pause_in_the_middle, answer("Five."))
    page = open_form(visitor, scene)
    press_generate(page)
    card = page.get_by_role("article", name="Answer 1 of small")
    expect(card).to_contain_text(f"Half {XSS}", timeout=PATIENCE)
    expect(card).to_contain_text("Answering")
    expect(page.get_by_role("article", name="Answer 2 of small")).to_contain_text("Waiting")
    go_on.set()
    expect(page.locator("#answers article")).to_have_count(2, timeout=PATIENCE)
    expect(page.locator("#answers")).to_contain_text(f"Half {XSS} and whole.")
    expect(page.locator("#live")).to_be_hidden()
    assert [row["output"] for row in scene.outputs()] == [f"Half {XSS} and whole.", "Five."]


def test_stop_ends_the_asking_and_keeps_what_was_whole(
    visitor: Visitor, scene: GenerationScene, service: ProviderStub
) -> None:
    go_on = threading.Event()

    def speak_until_stopped(handler: Handler) -> None:
        handler.begin(200, "text/event-stream", None)
        while not go_on.wait(0.05):
            handler.wfile.write(piece(handler.model, '"more "'))
            handler.wfile.flush()

    service.will(answer("Four."), speak_until_stopped)
    page = open_form(visitor, scene)
    press_generate(page)
    expect(page.get_by_role("article", name="Answer 2 of small")).to_contain_text(
        "more more", timeout=PATIENCE
    )
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-live-state]")).to_contain_text("stopped")
    expect(page.locator("#answers article")).to_have_count(1)
    expect(page.locator("#answers")).to_contain_text("Four.")
    go_on.set()
    assert [row["output"] for row in scene.outputs()] == ["Four."]


def test_an_outage_says_why_in_its_card_and_a_refusal_above(
    visitor: Visitor, scene: GenerationScene, service: ProviderStub
) -> None:
    service.will(status(503))
    page = open_form(visitor, scene)
    press_generate(page)
    card = page.get_by_role("article", name="Answer 1 of small")
    expect(card).to_contain_text("No answer", timeout=PATIENCE)
    expect(card).to_contain_text("Groq answered 503")
    expect(page.locator("#answers")).to_contain_text("3 failed attempts")
    page.get_by_label("Answers of each model").fill("3")
    press_generate(page)
    expect(page.locator("[data-live-error]")).to_contain_text("compares exactly 2 outputs")


def test_in_the_background_a_job_asks_and_the_page_follows_it(
    visitor: Visitor, scene: GenerationScene, service: ProviderStub
) -> None:
    service.will(answer("Four."))
    page = open_form(visitor, scene)
    page.get_by_role("button", name="In the background").click()
    expect(page.locator("#answers article")).to_have_count(2, timeout=PATIENCE)
    expect(page.locator("#answers")).to_contain_text("Done")


def test_without_javascript_the_form_starts_a_job(
    visitor: Visitor, scene: GenerationScene, service: ProviderStub
) -> None:
    service.will(answer("Four."))
    page = open_form(visitor, scene, java_script_enabled=False)
    press_generate(page)
    expect(page.get_by_text("The models are being asked.")).to_be_visible()

    def answered() -> bool:
        again = page.get_by_role("link", name="Load again")
        if again.is_visible():
            again.click()
        return page.locator("#answers article").count() == 2

    eventually(answered, 60, "both answers stand on the page")


@pytest.mark.parametrize("phone", [False, True], ids=["screen", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    visitor: Visitor, scene: GenerationScene, service: ProviderStub, axe: Path, theme: str, phone: bool
) -> None:
    service.will(answer("Four."))
    page = open_form(visitor, scene, phone=phone, color_scheme=theme)
    assert axe_findings(page, axe) == []
    press_generate(page)
    expect(page.locator("#answers article")).to_have_count(2, timeout=PATIENCE)
    assert axe_findings(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto(f"/projects/{scene.project_id}/tasks?outputs=missing")
    assert axe_findings(page, axe) == []
    page.goto(f"/tasks/{scene.task_id}")
    page.get_by_label("E-mail of an annotator").fill("nobody@example.org")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("#annotator-error")).to_be_in_viewport()
    assert axe_findings(page, axe) == []
