"""A worker that would compute otherwise than the web processes leaves their jobs alone and says why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import slow_job  # registers the kind of job that these tests ask for
from apps import MakeApp
from flask import Flask
from job_rows import ask, change, seen
from plugin_files import write_scorer
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.jobs.likeness import note_web_start, unlike_web
from rlflow_core.jobs.run import run_for_web, run_job
from rlflow_core.models import Job, db_now
from rlflow_core.services import job_delivery
from rlflow_core.services.job_delivery import RESEND_SECONDS


@pytest.fixture
def web(app_with: MakeApp, tmp_path: Path) -> Flask:
    """A web process with a plugin that its workers lack."""
    write_scorer(tmp_path / "plugins", "extra", "return []")
    return app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))


@pytest.fixture
def job(tmp_path: Path, app_with: MakeApp) -> str:
    (tmp_path / "finish").touch()
    with app_with().app_context():
        return ask(slow_job.slow.__name__, args={"folder": str(tmp_path)})


def test_before_a_web_process_started_every_worker_will_do(app_with: MakeApp) -> None:
    with app_with().app_context():
        assert unlike_web() is None


def test_a_worker_like_the_web_runs_its_jobs(app_with: MakeApp, job: str) -> None:
    app = app_with()
    with app.app_context():
        note_web_start()
        run_for_web(job)
        assert seen(job).state == "done"


def test_a_worker_without_a_plugin_of_the_web_leaves_the_job_alone_and_names_the_plugin(
    web: Flask, app_with: MakeApp, job: str
) -> None:
    with web.app_context():
        note_web_start()
    with app_with().app_context():
        run_for_web(job)
        left = seen(job)
        assert (left.state, left.attempts) == ("queued", 0)
        assert "Only the web server has: scorer:extra 1" in str(left.error)
        assert "Only the worker has: nothing" in str(left.error)


def test_a_job_left_alone_is_offered_again_after_ten_seconds(web: Flask, app_with: MakeApp, job: str) -> None:
    with web.app_context():
        note_web_start()
    with app_with().app_context():
        run_for_web(job)
        sent, now = db.read.execute(select(Job.sent_at, db_now()).where(Job.id == job)).one()
        assert timedelta(seconds=9) < sent + timedelta(seconds=RESEND_SECONDS) - now <= timedelta(seconds=10)
        assert not db.transact(job_delivery.due, 10)
        change(job, sent_at=sent - timedelta(seconds=10))
        assert [one.id for one in db.transact(job_delivery.due, 10)] == [job]


def test_the_job_runs_as_soon_as_both_are_alike_again(web: Flask, app_with: MakeApp, job: str) -> None:
    with web.app_context():
        note_web_start()
    worker = app_with()
    with worker.app_context():
        run_for_web(job)
    with web.app_context():
        run_for_web(job)
        assert (seen(job).state, seen(job).error) == ("done", None)


def test_whoever_runs_a_command_by_hand_is_not_refused(web: Flask, app_with: MakeApp, job: str) -> None:
    with web.app_context():
        note_web_start()
    with app_with().app_context():
        run_job(job)
        assert seen(job).state == "done"
