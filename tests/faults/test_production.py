"""Web, worker and two beats as processes of their own: an emptied Redis loses nothing, nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import settings_for
from flask import Flask
from job_rows import ask, seen
from labeling_scene import Scene
from own_redis import OwnRedis
from own_redis import own_redis as own_redis
from own_redis import tls_redis as tls_redis
from people import Cast
from plugin_files import write_scorer
from rlflow_processes import RlflowProcess
from sqlalchemy import select
from waiting import eventually

from rlflow_core.app import create_app
from rlflow_core.extensions import db
from rlflow_core.jobs.likeness import note_web_start
from rlflow_core.models import Feedback, Job

pytestmark = pytest.mark.faults

Start = Callable[..., RlflowProcess]
JOBS = 12


@pytest.fixture
def production(pg_url: str, tmp_path: Path, own_redis: OwnRedis) -> dict[str, str]:
    """The settings of an instance with PostgreSQL and a Redis of its own."""
    return {"database_url": pg_url, "data_dir": str(tmp_path / "data"), "redis_url": own_redis.url}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[RlflowProcess] = []

    def run(*arguments: str, **settings: str) -> RlflowProcess:
        # Each writes its own log.
        folder = tmp_path / f"process{len(started)}"
        folder.mkdir()
        started.append(RlflowProcess(folder, *arguments, **settings))
        return started[-1]

    yield run
    for process in started:
        process.kill_all()


@pytest.fixture
def app(production: dict[str, str]) -> Iterator[Flask]:
    """Stands for a web process: on the same database and the same Redis."""
    made = create_app(
        settings_for(
            production["database_url"], Path(production["data_dir"]), RLFLOW_REDIS_URL=production["redis_url"]
        )
    )
    yield made
    with made.app_context():
        db.dispose()


def test_an_emptied_redis_loses_no_label_and_no_job_and_two_beats_do_nothing_twice(
    app: Flask, production: dict[str, str], own_redis: OwnRedis, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "finish").touch()
    scene = Scene(Cast(app))
    assert scene.submit(scene.claim()).status_code == 201
    with app.app_context():
        asked = [ask("slow", f"one of many {n}", args={"folder": str(tmp_path)}) for n in range(JOBS)]
        (scoring,) = db.read.scalars(select(Job.id).where(Job.kind == "score"))

    own_redis.forget_everything()
    for _ in range(2):
        start("beat", **production)
        start("worker", "-Q", "default,llm,export", "--concurrency", "2", **production)

    with app.app_context():
        for job_id in [*asked, scoring]:
            eventually(lambda job_id=job_id: seen(job_id).is_finished, 120, f"{job_id} is finished")
            assert (seen(job_id).state, seen(job_id).attempts) == ("done", 1)
    assert len((tmp_path / "starts").read_text().splitlines()) == JOBS
    assert scene.count(Feedback) == 1


def test_a_worker_with_other_plugins_than_the_web_leaves_its_jobs_to_one_that_has_them(
    app: Flask, production: dict[str, str], start: Start, tmp_path: Path
) -> None:
    write_scorer(tmp_path / "plugins", "extra", "return []")
    (tmp_path / "finish").touch()
    with app.app_context():
        note_web_start()
        start("beat", **production)
        other = start("worker", "--concurrency", "1", plugins_dir=str(tmp_path / "plugins"), **production)
        job_id = ask("slow", args={"folder": str(tmp_path)})
        eventually(lambda: seen(job_id).error, 120, "the worker says why it leaves the job alone")
        assert "scorer:extra 1" in str(seen(job_id).error)
        assert (seen(job_id).state, seen(job_id).attempts) == ("queued", 0)
        other.wait_for_output("its components are not those of the web server")

        start("worker", "--concurrency", "1", **production)
        eventually(lambda: seen(job_id).state == "done", 120, "the other worker does it")
        assert seen(job_id).error is None


def test_redis_is_reached_over_tls(pg_url: str, tls_redis: OwnRedis, start: Start, tmp_path: Path) -> None:
    settings = {"database_url": pg_url, "data_dir": str(tmp_path / "data"), "redis_url": tls_redis.url}
    (tmp_path / "finish").touch()
    app = create_app(settings_for(pg_url, tmp_path / "data", RLFLOW_REDIS_URL=tls_redis.url))
    start("beat", **settings)
    start("worker", "--concurrency", "1", "--pool", "threads", **settings)
    with app.app_context():
        job_id = ask("slow", args={"folder": str(tmp_path)})
        eventually(lambda: seen(job_id).state == "done", 120, "the job is done")
        assert app.test_client().get("/health").get_json()["checks"]["broker"] == "ok"
        answer = app.test_client().post(
            "/api/v1/auth/login", json={"email": "a@example.org", "password": "x"}
        )
        assert answer.status_code == 401
        db.dispose()


@pytest.mark.parametrize("url", ["memory://", "amqp://localhost", "localhost:6379"])
@pytest.mark.parametrize("command", ["web", "worker", "beat"])
def test_a_broker_that_other_processes_cannot_reach_is_refused(
    command: str, url: str, sqlite_url: str, start: Start, tmp_path: Path
) -> None:
    process = start(command, database_url=sqlite_url, data_dir=str(tmp_path / "data"), redis_url=url)
    assert process.wait(60) == 1
    assert "RLFLOW_REDIS_URL begins with" in process.output
    assert "rediss://" in process.output
