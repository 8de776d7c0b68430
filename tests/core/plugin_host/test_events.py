"""Plugins that listen hear of opened tasks and new labels once each, after the commit; one that raises stops nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from people import Cast
from plugin_files import write_plugin
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import Job, PluginFailure, new_id
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import imports, project_changes, projects
from rlflow_core.services.project_settings import Choice, ProjectSettings

LISTENER = """
HEARD = []
@hookimpl
def task_opened(task):
    HEARD.append(("task", task.content["prompt"]))
@hookimpl
def feedback_submitted(items):
    HEARD.append(("votes", sorted(vote.response["preference"]["choice"] for vote in items)))
"""
RAISING = """
@hookimpl
def task_opened(task):
    raise RuntimeError("not listening")
"""


@pytest.fixture
def app(app_with: Callable[..., Flask], tmp_path: Path) -> Flask:
    write_plugin(tmp_path / "plugins", "listener", LISTENER)
    write_plugin(tmp_path / "plugins", "raising", RAISING)
    return app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))


def run_jobs(*kinds: str) -> None:
    for kind in kinds:
        for job_id in db.read.scalars(select(Job.id).where(Job.kind == kind, Job.state == "queued")).all():
            run_job(job_id)


def test_task_opened_and_feedback_submitted(app: Flask) -> None:
    alice = Cast(app).alice.viewer
    with app.app_context():
        settings = project_changes.checked(get_host(), ProjectSettings(task_type=Choice("qa"), wanted=2))
        project = db.transact(projects.create, alice, "Heard", settings)
        import_id = new_id()
        lines = [
            {
                "prompt": f"Question {n}",
                "outputs": ["a", "b"],
                "feedback": [{"annotator": "ann", "response": {"preference": {"choice": choice}}}],
            }
            for n, choice in enumerate(["first", "tie"])
        ]
        path = imports.folder(app.config["RLFLOW"]) / imports.file_name_for(import_id)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        db.transact(imports.start, alice, project.id, import_id, "lines.jsonl")
        run_jobs("import", "task_opened", "feedback_submitted")
        heard = get_host().manager._pluggy.get_plugin("listener").HEARD
        assert heard == [("task", "Question 0"), ("task", "Question 1"), ("votes", ["first", "tie"])]
        failures = db.read.scalars(select(PluginFailure)).all()
        assert {(failure.plugin, failure.hook) for failure in failures} == {("raising", "task_opened")}
        db.transact(lambda session: session.execute(select(Job)))
        run_jobs("task_opened", "feedback_submitted")
        assert len(heard) == 3


def test_nothing_is_kept_for_nobody(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        assert not any(get_host().manager.implements(hook) for hook in ("task_opened", "feedback_submitted"))
