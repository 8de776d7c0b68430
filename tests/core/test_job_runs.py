"""One attempt at a job: how handlers end, how they are stopped, and that running one twice does no harm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from job_rows import ask, change, let_worker_die, seen, taken
from job_scenes import SCENES
from sqlalchemy.exc import OperationalError
from waiting import eventually

from rlflow_core.extensions import db
from rlflow_core.jobs import heartbeat, registry
from rlflow_core.jobs.context import JobContext, JobFailed
from rlflow_core.jobs.inline import run_now_or_wait
from rlflow_core.jobs.registry import UnknownJobKind, job, job_kind
from rlflow_core.jobs.run import release_running, run_job
from rlflow_core.services import job_delivery, jobs
from rlflow_core.services.errors import Conflict

registry.load()
OF_THE_PRODUCT = [
    kind.kind for kind in registry.job_kinds() if kind.handler.__module__.startswith("rlflow_core.")
]

Handler = Callable[[JobContext], Mapping[str, Any] | None]
Use = Callable[[Handler], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Makes a function the handler of jobs of kind "count"."""
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))

    def register(handler: Handler) -> None:
        registry._kinds.pop("count", None)
        job("count")(handler)

    return register


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def in_thread(app: Flask, job_id: str) -> threading.Thread:
    def run() -> None:
        with app.app_context():
            run_job(job_id)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("kind", OF_THE_PRODUCT)
def test_every_handler_may_run_twice(kind: str, app: Flask, tmp_path: Path) -> None:
    assert kind in SCENES, f"Add a scene for jobs of kind {kind!r} to tests/support/job_scenes.py."
    scene = SCENES[kind](app, tmp_path)
    job_id = ask(kind, scene.subject, args=scene.args, project_id=scene.project_id)
    run_job(job_id)
    assert seen(job_id).state == "done", seen(job_id).error
    once = db.transact(scene.outcome)

    change(job_id, state="running", finished_at=None)
    let_worker_die(job_id)
    run_job(job_id)

    assert (seen(job_id).state, seen(job_id).attempts) == ("done", 2), seen(job_id).error
    assert db.transact(scene.outcome) == once


def test_every_scene_is_of_a_kind_that_exists() -> None:
    assert set(SCENES) <= set(OF_THE_PRODUCT)


def test_the_result_of_a_handler_and_its_progress_are_stored(use: Use) -> None:
    def count(context: JobContext) -> Mapping[str, Any]:
        assert (context.kind, context.subject, context.args) == ("count", "sheep", {"to": 3})
        for number in range(context.args["to"] + 1):
            context.progress(number, 3)
        return {"counted": 3}

    use(count)
    job_id = ask("count", "sheep", args={"to": 3})

    run_job(job_id)

    done = seen(job_id)
    assert (done.state, done.result, done.progress, done.total) == ("done", {"counted": 3}, 3, 3)


@pytest.mark.parametrize("error", [JobFailed("The file is empty."), Conflict("The file is empty.")])
def test_an_error_with_a_text_for_people_is_shown_to_them(use: Use, error: Exception) -> None:
    def refuse(context: JobContext) -> None:
        raise error

    use(refuse)
    job_id = ask()

    run_job(job_id)

    assert (seen(job_id).state, seen(job_id).error) == ("failed", "The file is empty.")


def test_an_internal_error_is_named_but_its_text_stays_in_the_log(use: Use) -> None:
    def break_down(context: JobContext) -> None:
        raise ValueError("password=hunter2")

    use(break_down)
    job_id = ask()

    with pytest.raises(ValueError):
        run_job(job_id)

    failed = seen(job_id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "ValueError" in failed.error
    assert job_id in failed.error
    assert "hunter2" not in failed.error


def test_a_job_that_lost_the_database_is_repeated_instead_of_failed(use: Use) -> None:
    def lose_the_database(context: JobContext) -> None:
        if context.attempt == 1:
            raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    use(lose_the_database)
    job_id = ask()

    with pytest.raises(OperationalError):
        run_job(job_id)
    assert seen(job_id).state == "running"

    let_worker_die(job_id)
    run_job(job_id)
    assert (seen(job_id).state, seen(job_id).attempts) == ("done", 2)


def test_a_job_of_an_unknown_kind_stays_for_a_newer_worker_and_says_so() -> None:
    job_id = ask("from the future")

    run_job(job_id)

    waiting = seen(job_id)
    assert (waiting.state, waiting.attempts) == ("queued", 0)
    assert waiting.error is not None
    assert "'from the future'" in waiting.error
    assert taken(job_id).error is None


def test_looking_up_an_unknown_kind_names_those_that_exist(use: Use) -> None:
    use(lambda context: None)

    with pytest.raises(UnknownJobKind, match="count"):
        job_kind("cuont")


def test_a_silent_handler_keeps_its_heartbeat(use: Use, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    may_end = threading.Event()

    def be_silent(context: JobContext) -> None:
        context.progress(1, 7)
        assert may_end.wait(20)

    use(be_silent)
    job_id = ask()
    thread = in_thread(app, job_id)
    eventually(lambda: seen(job_id).total == 7, 10, "a beat stores the progress")
    let_worker_die(job_id)

    eventually(lambda: db.transact(job_delivery.any_due) is False, 10, "the next beat brings it back to life")

    may_end.set()
    thread.join(10)
    assert (seen(job_id).state, seen(job_id).attempts) == ("done", 1)


def until_told(context: JobContext) -> None:
    while True:
        context.progress(0)
        context.wait(10)


def test_a_cancelled_handler_stops_at_its_next_progress(
    use: Use, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    use(until_told)
    job_id = ask()
    thread = in_thread(app, job_id)
    eventually(lambda: seen(job_id).state == "running", 10, "the job runs")

    db.transact(jobs.cancel, job_id)

    thread.join(10)
    assert seen(job_id).state == "cancelled"


def test_a_handler_whose_job_was_taken_over_stops_and_changes_nothing(
    use: Use, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    use(until_told)
    job_id = ask()
    thread = in_thread(app, job_id)
    eventually(lambda: seen(job_id).state == "running", 10, "the job runs")

    change(job_id, attempts=2)

    thread.join(10)
    assert (seen(job_id).state, seen(job_id).attempts) == ("running", 2)


def test_a_stopping_process_gives_its_jobs_back(use: Use, app: Flask) -> None:
    use(until_told)
    job_id = ask()
    thread = in_thread(app, job_id)
    eventually(lambda: seen(job_id).state == "running", 10, "the job runs")

    eventually(lambda: release_running() or not thread.is_alive(), 10, "the handler stops")

    assert taken(job_id).attempts == 1


def test_a_command_runs_its_job_itself_where_no_worker_lives(use: Use) -> None:
    heard: list[tuple[int, int | None]] = []

    def count(context: JobContext) -> Mapping[str, Any]:
        context.progress(1, 2)
        return {"thread": threading.get_ident()}

    use(count)

    done = run_now_or_wait(ask(), watch=lambda number, total: heard.append((number, total)))

    assert (done.state, done.result) == ("done", {"thread": threading.get_ident()})
    assert heard == [(1, 2)]


def test_a_command_leaves_its_job_to_a_living_worker(use: Use, app: Flask) -> None:
    use(lambda context: {"thread": threading.get_ident()})
    db.transact(job_delivery.note_sweep)
    job_id = ask()
    worker = threading.Timer(0.3, lambda: in_thread(app, job_id).join(10))
    worker.start()

    done = run_now_or_wait(job_id)

    worker.join(10)
    assert done.result is not None
    assert done.result["thread"] != threading.get_ident()


def test_a_command_that_waits_for_no_job_is_told() -> None:
    with pytest.raises(LookupError):
        run_now_or_wait("01a20192-5324-7000-92c4-d135ab5afb6e")
