"""Having models answer through the pages, without JavaScript: the form, the job, what is refused, who gets nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from generation_scene import GenerationScene, read_events
from generation_scene import scene_of as scene_of
from plain_browser import PlainBrowser
from provider_stub import ProviderStub, answer, status
from provider_stub import stub as stub

XSS = "<script>alert(1)</script>"


@pytest.fixture
def scene(scene_of: Callable[..., GenerationScene]) -> GenerationScene:
    """A task whose prompt would like to be a script."""
    made = scene_of()
    made.alice.put(f"/api/v1/tasks/{made.task_id}", json={"prompt": XSS, "version": 1})
    return made


@pytest.fixture
def alice(scene: GenerationScene) -> PlainBrowser:
    return PlainBrowser(scene.app).sign_in(scene.cast.alice)


def path(scene: GenerationScene, rest: str = "") -> str:
    return f"/tasks/{scene.task_id}/generate{rest}"


def start(alice: PlainBrowser, app: Flask, scene: GenerationScene, **values: object) -> None:
    alice.open(path(scene))
    alice.press("Generate", **values)
    scene.run_all("generate")


def test_the_form_offers_the_default_provider_with_its_models(
    alice: PlainBrowser, scene: GenerationScene, stub: ProviderStub
) -> None:
    page = alice.open(path(scene))
    form, _ = page.form_with("Generate")
    assert (form.get("provider"), form.get("models")) == ("groq", "small")
    assert form.choices["provider"] == ["echo", "local", "openai_compatible"]
    assert "<script>alert" not in page.html
    assert "Nobody has answered yet" in page.words


def test_a_job_answers_and_its_answers_are_shown_as_text(
    alice: PlainBrowser, scene: GenerationScene, stub: ProviderStub
) -> None:
    stub.will(answer(f"Four. {XSS}"))
    alice.open(path(scene))
    page = alice.press(
        "Generate", models=["small", "large"], samples="1", **{"parameters.temperature": "0.5"}
    )
    assert page.status == 200
    assert "Waiting to start" in page.words
    assert 'hx-trigger="every 1s"' in page.html
    scene.run_all("generate")
    page = alice.open(path(scene))
    assert "2 outputs" in page.words
    assert "temperature 0.5" in page.words
    assert "3 tokens" in page.words
    assert f"Four. {XSS}" in page.words
    assert "<script>alert" not in page.html
    assert 'hx-trigger="every 1s"' not in page.html


def test_another_provider_shows_its_own_models(
    alice: PlainBrowser, scene: GenerationScene, stub: ProviderStub
) -> None:
    alice.open(path(scene))
    page = alice.press("Show its models", provider="echo", samples="2")
    form, _ = page.form_with("Generate")
    assert (form.get("provider"), form.get("models"), form.get("samples")) == ("echo", "echo-1", "2")
    assert scene.rows() == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"samples": "many"}, "Not a valid integer"),
        ({"samples": "99"}, "less than or equal to 50"),
        ({"parameters.temperature": "hot"}, "Not a valid number"),
        ({"models": ["huge"]}, "There are: small, large."),
        ({"samples": "3"}, "compares exactly 2 outputs"),
    ],
)
def test_what_does_not_fit_is_said_beside_what_was_entered(
    alice: PlainBrowser, scene: GenerationScene, stub: ProviderStub, values: dict[str, object], said: str
) -> None:
    alice.open(path(scene))
    page = alice.press("Generate", **values)
    assert page.status == 422
    assert said in page.words
    assert stub.requests == []


def test_a_provider_without_its_key_says_which_variable_to_set(
    alice: PlainBrowser, scene: GenerationScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    page = alice.open(path(scene) + "?provider=groq")
    assert "Groq is not configured: set GROQ_API_KEY" in page.words
    # The form begins with a provider that works.
    form, _ = alice.open(path(scene)).form_with("Generate")
    assert form.get("provider") == "echo"


def test_an_outage_is_shown_with_its_reason_and_its_attempts(
    alice: PlainBrowser, scene: GenerationScene, stub: ProviderStub
) -> None:
    stub.will(status(503))
    start(alice, scene.app, scene)
    words = alice.open(path(scene)).words
    assert "The models did not answer." in words
    assert "Groq answered 503" in words
    assert "3 failed attempts" in words


def test_a_waiting_job_can_be_stopped(
    alice: PlainBrowser, scene: GenerationScene, stub: ProviderStub
) -> None:
    alice.open(path(scene))
    alice.press("Generate")
    page = alice.press("Stop asking")
    assert "The asking was stopped." in page.words
    scene.run_all("generate")
    assert stub.requests == []


def test_the_stream_of_the_page_needs_its_token_and_refuses_in_json(
    alice: PlainBrowser, scene: GenerationScene, stub: ProviderStub
) -> None:
    form, _ = alice.open(path(scene)).form_with("Generate")
    token = {"X-CSRF-Token": form.get("csrf_token") or ""}
    given = {"provider": "groq", "models": ["small", "large"], "samples": "1"}
    assert alice.client.post(path(scene, "/stream"), data=given).status_code == 403
    with alice.client.post(path(scene, "/stream"), data=given, headers=token) as streamed:
        assert streamed.mimetype == "text/event-stream"
        assert read_events(streamed.get_data())[-1].data["wanted"] == 2
    refused = alice.client.post(path(scene, "/stream"), data={"provider": "groq"}, headers=token)
    assert refused.status_code == 422
    assert "compares exactly 2 outputs" in refused.json["message"]


def test_the_navigation_leads_to_the_tasks_that_lack_outputs_and_to_their_form(
    alice: PlainBrowser, scene: GenerationScene
) -> None:
    lacking = f"/projects/{scene.project_id}/tasks?outputs=missing"
    assert f'href="{lacking}"' in alice.open(f"/projects/{scene.project_id}").html
    page = alice.open(lacking)
    assert f'href="{path(scene)}"' in page.html
    assert "<script>alert" not in page.html
    for address in (lacking, path(scene)):
        here = re.findall(r'href="([^"]+)"[^>]*aria-current="page"', alice.open(address).html)
        assert here == [lacking]


def test_others_find_nothing(scene: GenerationScene) -> None:
    eve = PlainBrowser(scene.app).sign_in(scene.cast.join("eve@example.org", "researcher"))
    bob = PlainBrowser(scene.app).sign_in(scene.cast.bob)
    for address in (
        path(scene),
        path(scene, "/answers"),
        f"/projects/{scene.project_id}/tasks?outputs=missing",
    ):
        assert (eve.open(address).status, bob.open(address).status) == (404, 403)
