"""A generation that somebody watches: events as things happen, every answer stored, and an end when they leave."""

from __future__ import annotations

import threading
from collections.abc import Callable

from generation_scene import GenerationScene, read_events
from provider_stub import Handler, ProviderStub, answer, piece, status

from rlflow_core.services.stream_places import take_place

SceneOf = Callable[..., GenerationScene]


def test_the_events_come_in_order_and_make_up_the_answers(scene: GenerationScene, stub: ProviderStub) -> None:
    stub.will(answer("Two and two make four."))
    events = scene.events(models=["small", "large"], samples=1, parameters={"temperature": 1})
    names = [event.name for event in events]
    assert names == ["start", *(["sample", *["delta"] * 5, "output"] * 2), "done"]
    start = events[0].data
    assert start["samples"] == [{"model": name, "sample": 0, "seed": None} for name in ("small", "large")]
    assert (start["provider"], start["parameters"]) == ("groq", {"temperature": 1.0})
    for model in ("small", "large"):
        grown = [
            event.data["text"] for event in events if event.name == "delta" and event.data["model"] == model
        ]
        assert "".join(grown) == "Two and two make four."
    stored = [event.data["output"] for event in events if event.name == "output"]
    assert (
        [row["id"] for row in stored] == [row["id"] for row in scene.outputs()] == events[-1].data["outputs"]
    )
    assert stored[0]["completion_tokens"] == 3


def test_the_accept_header_asks_for_a_stream_too_unless_the_body_says_no(scene: GenerationScene) -> None:
    accept = {"Accept": "text/event-stream"}
    body = {"provider": "echo", "models": ["echo-1"], "samples": 1}
    with scene.alice.post(scene.path, json=body, headers=accept) as streamed:
        assert streamed.mimetype == "text/event-stream"
        assert streamed.headers["X-Accel-Buffering"] == "no"
        assert read_events(streamed.get_data())[-1].name == "done"
    refused = scene.alice.post(scene.path, json={**body, "stream": False}, headers=accept)
    assert (refused.status_code, refused.mimetype) == (202, "application/json")


def test_who_leaves_keeps_what_was_whole_and_nothing_half(scene: GenerationScene, stub: ProviderStub) -> None:
    said, left = threading.Event(), threading.Event()

    def pause_in_the_middle(handler: Handler) -> None:
        handler.begin(200, "text/event-stream", None)
        handler.wfile.write(piece(handler.model, '"Half of"'))
        said.set()
        left.wait(20)

    stub.will(answer("Four."), answer("Five."), pause_in_the_middle)
    answered = scene.ask(samples=1, models=["small", "large"], stream=True)
    parts = answered.iter_encoded()
    body = b""
    while b"event: output" not in body:
        body += next(parts)
    stub.will(pause_in_the_middle)
    while b"Half of" not in body:
        body += next(parts)
    answered.close()
    left.set()
    assert [row["output"] for row in scene.outputs()] == ["Four."]
    assert scene.failures() == []
    # The place was given back, and a later generation completes the comparison.
    stub.will(answer("Five."))
    assert scene.job(samples=1).state == "done"
    assert scene.handed_to(scene.cast.bob) is not None


def test_long_streams_take_a_quarter_of_the_threads_at_most(scene_of: SceneOf, stub: ProviderStub) -> None:
    scene = scene_of(RLFLOW_WEB_THREADS="4")
    give_back = take_place(scene.app)
    refused = scene.ask(stream=True)
    assert (refused.status_code, refused.json["code"]) == (503, "too_many_streams")
    assert int(refused.headers["Retry-After"]) > 0
    assert scene.ask(stream=False).status_code == 202
    give_back()
    assert stub.requests == []
    assert scene.events(samples=1)[-1].name == "done"


def test_a_task_that_changes_meanwhile_keeps_no_answer_to_the_old_question(
    scene: GenerationScene, stub: ProviderStub
) -> None:
    def change_then_answer(handler: Handler) -> None:
        changed = scene.cast.as_(scene.cast.alice).put(
            f"/api/v1/tasks/{scene.task_id}", json={"prompt": "What is three plus three?", "version": 1}
        )
        assert changed.status_code == 200, changed.text
        answer("Four.")(handler)

    stub.will(change_then_answer)
    events = scene.events(samples=2)
    (error,) = [event.data for event in events if event.name == "error"]
    assert (error["code"], error["retryable"]) == ("stale", False)
    assert "Ask again" in error["message"]
    assert scene.outputs() == []
    stub.will(answer("Six."))
    assert len(scene.events(samples=2)[-1].data["outputs"]) == 2


def test_an_outage_after_a_stored_answer_keeps_that_answer(
    scene: GenerationScene, stub: ProviderStub
) -> None:
    stub.will(answer("Four."), status(503))
    events = scene.events(samples=2)
    assert [event.name for event in events][-2:] == ["error", "done"]
    assert len(events[-1].data["outputs"]) == 1
    assert [row["output"] for row in scene.outputs()] == ["Four."]
