"""Generations as jobs: cancelled, taken over from a dead worker, given back, done by a real worker process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from generation_scene import GenerationScene
from job_rows import change, let_worker_die, seen
from plugin_files import write_plugin
from product import Product, running_product
from provider_stub import Handler, ProviderStub, answer, end, piece
from waiting import eventually

from rlflow_core.jobs import heartbeat
from rlflow_core.jobs.run import run_job

SceneOf = Callable[..., GenerationScene]

FICKLE = """
class Fickle(LLMProvider):
    key = "fickle"
    title = "Fickle"
    version = "1"
    def models(self):
        return ["one"]
    def GENERATE(self, request):
        path = os.path.join(os.path.dirname(__file__), "asked")
        with open(path, "a") as file:
            file.write("x")
        asked = os.path.getsize(path)
        if asked == 1:
            raise ProviderError("busy \\ud83d", retryable=True)
        if asked == 2:
            raise ProviderError("slow down", retryable=True, retry_after=0)
        yield Chunk("From the child.")
        yield Chunk(usage=Usage(1, 2, 3), finish_reason="stop")

@hookimpl
def register_llm_providers():
    return [Fickle]
"""


def in_thread(app: Flask, job_id: str) -> threading.Thread:
    def run() -> None:
        with app.app_context():
            run_job(job_id)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_cancelled_job_keeps_what_it_had_and_asks_no_more(
    scene: GenerationScene, stub: ProviderStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    asked, cancelled = threading.Event(), threading.Event()

    def wait_for_the_cancel(handler: Handler) -> None:
        asked.set()
        cancelled.wait(20)
        answer("Five.")(handler)

    stub.will(answer("Four."), wait_for_the_cancel)
    job_id = scene.ask(samples=2).json["id"]
    thread = in_thread(scene.app, job_id)
    assert asked.wait(20)
    assert scene.alice.post(f"/api/v1/jobs/{job_id}/cancel").status_code == 200
    with scene.app.app_context():
        eventually(lambda: seen(job_id).cancel_requested, 10, "the wish is stored")
    cancelled.set()
    thread.join(20)
    with scene.app.app_context():
        found = seen(job_id)
    # The answer that was on its way may still have been stored; nothing was asked after it.
    assert found.state in ("cancelled", "done")
    assert scene.outputs()[0]["output"] == "Four."
    assert len(stub.requests) == 2


def test_a_later_attempt_does_not_ask_again_for_what_is_stored(
    scene: GenerationScene, stub: ProviderStub
) -> None:
    stub.will(answer("Four."))
    job_id = scene.ask(samples=2).json["id"]
    with scene.app.app_context():
        run_job(job_id)
        first = [row["id"] for row in scene.outputs()]
        # As if the worker had died after it stored the answers and before it said so.
        change(job_id, state="running", finished_at=None, result=None)
        let_worker_die(job_id)
        run_job(job_id)
        again = seen(job_id)
    assert (again.state, again.attempts) == ("done", 2)
    assert (again.result or {})["outputs"] == first
    assert len(stub.requests) == 2
    assert len(scene.outputs()) == 2


def test_a_strangers_provider_says_from_its_process_whether_to_ask_again(
    scene_of: SceneOf, tmp_path: Path
) -> None:
    write_plugin(tmp_path / "plugins", "fickle", FICKLE)
    scene = scene_of(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    job = scene.job(provider="fickle", samples=1)
    assert job.state == "done", job.error
    (output,) = scene.outputs()
    assert (output["output"], output["latency_ms"], output["completion_tokens"]) == ("From the child.", 3, 2)
    assert [row["error"] for row in scene.failures()] == ["busy \\ud83d", "slow down"]


def test_a_strangers_provider_that_breaks_is_named(scene_of: SceneOf, tmp_path: Path) -> None:
    body = FICKLE.replace("asked = os.path.getsize(path)", "asked = 1 / 0")
    write_plugin(tmp_path / "plugins", "fickle", body)
    scene = scene_of(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    job = scene.job(provider="fickle", samples=1)
    assert job.state == "failed"
    assert (job.result or {})["code"] == "provider_failed"
    assert "ZeroDivisionError" in (job.error or "")
    assert scene.outputs() == []


@pytest.fixture
def running(any_database_url: str, tmp_path: Path, stub: ProviderStub) -> Iterator[Product]:
    """`rlflow up` on a fresh database, whose providers are set up to ask the stub."""
    yield from running_product(any_database_url, tmp_path)


def test_a_running_product_answers_by_its_worker_and_while_one_watches(
    running: Product, stub: ProviderStub
) -> None:
    alice = running.person("alice@example.org", "researcher")
    task = alice.post("/tasks", {"type": "qa", "prompt": "What is two plus two?"})["id"]
    job = alice.post(f"/tasks/{task}/generate", {"models": ["small", "large"], "samples": 1})

    def done() -> object:
        found = alice.get(f"/jobs/{job['id']}")
        assert found["state"] != "failed", found
        return found["state"] == "done"

    eventually(done, 60, "the job is done")
    assert [row["output"] for row in alice.get(f"/tasks/{task}/outputs")["items"]] == ["Four.", "Four."]

    other = alice.post("/tasks", {"type": "qa", "prompt": "And three plus three?"})["id"]
    half, go_on = threading.Event(), threading.Event()

    def pause_in_the_middle(handler: Handler) -> None:
        handler.begin(200, "text/event-stream", None)
        handler.wfile.write(piece(handler.model, '"Six"'))
        handler.wfile.flush()
        half.set()
        assert go_on.wait(30)
        handler.wfile.write(piece(handler.model, '" of course."'))
        end(handler)

    stub.will(pause_in_the_middle)
    body = {"samples": 1, "stream": True}
    with alice.http.stream("POST", f"/tasks/{other}/generate", json=body) as streamed:
        assert streamed.headers["content-type"].startswith("text/event-stream")
        lines = streamed.iter_lines()
        first = next(line for line in lines if '"Six"' in line)
        # The piece came through the server while the model was still answering.
        assert half.is_set() and not go_on.is_set(), first
        go_on.set()
        assert any(line == "event: done" for line in lines)
    assert [row["output"] for row in alice.get(f"/tasks/{other}/outputs")["items"]] == ["Six of course."]
