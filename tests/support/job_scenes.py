"""What each kind of job works on in tests: every handler is run twice on its scene, as after a worker's death.

A new kind of job adds one function here: it makes its rows in the app's database and says what to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from factories import make_user
from flask import Flask
from import_scene import PAIR, ImportScene, as_file
from queue_scene import Scene
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import (
    AgentOutput,
    Feedback,
    FeedbackRevision,
    Notification,
    ScoreRow,
    Task,
    TaskImport,
    TaskItem,
)
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import queue
from rlflow_core.services.exports import requests
from rlflow_core.services.exports.build import folder_of
from rlflow_core.services.exports.orders import Wish, order
from rlflow_core.services.exports.requests import Export
from rlflow_core.services.feedback import Submission
from rlflow_core.services.submitting import submit
from rlflow_core.services.task_drafts import TaskDraft
from rlflow_core.services.task_intake import create_task


@dataclass(frozen=True, slots=True)
class JobScene:
    """A job to enqueue, and `outcome`: what must be the same after one run and after two."""

    subject: str
    outcome: Callable[[Session], Any]
    args: Mapping[str, Any] = field(default_factory=dict)
    project_id: str | None = None


def score(app: Flask, folder: Path) -> JobScene:
    """Two annotators judged the same item; the project has a scorer."""
    scene = Scene(wanted=2, scorers=[{"key": "agreement", "config": {}}])
    scene.item()
    for annotator in (scene.annotator(), scene.annotator()):
        claimed = scene.take(annotator)
        response = {"preference": {"choice": claimed.shown[0], "strength": 1}, "why": {"text": "Right."}}
        submit(get_host(), annotator, Submission(claimed.id, {"response": response}, "ui"))
    return JobScene(scene.project_id, _scores, project_id=scene.project_id)


def _scores(session: Session) -> list[tuple[str, str, str, str, float | None]]:
    rows = session.scalars(select(ScoreRow)).all()
    assert rows
    return sorted((row.scorer, row.scope, row.subject, row.dimension + row.metric, row.value) for row in rows)


def task_opened(app: Flask, folder: Path) -> JobScene:
    """A task that plugins have not heard of."""
    scene = Scene(wanted=2)
    scene.item()
    db.transact(lambda session: session.execute(update(Task).values(announced=False)))
    return JobScene(scene.project_id, _unheard_tasks, project_id=scene.project_id)


def _unheard_tasks(session: Session) -> list[bool]:
    return list(session.scalars(select(Task.announced)))


def feedback_submitted(app: Flask, folder: Path) -> JobScene:
    """A label that plugins have not heard of."""
    made = score(app, folder)
    db.transact(lambda session: session.execute(update(FeedbackRevision).values(announced=False)))
    return JobScene(made.subject, _unheard_feedback, project_id=made.project_id)


def _unheard_feedback(session: Session) -> list[bool]:
    return list(session.scalars(select(FeedbackRevision.announced)))


def export(app: Flask, folder: Path) -> JobScene:
    """An export of one vote that is to be made."""
    asked = _asked_export()
    return JobScene(asked.id, partial(_ended_export, folder_of(get_host().settings, asked.id), asked.id))


def export_finished(app: Flask, folder: Path) -> JobScene:
    """A finished export that plugins may hear of."""
    asked = _asked_export()
    run_job(str(asked.job_id))
    return JobScene(asked.id, partial(_ended_export, folder_of(get_host().settings, asked.id), asked.id))


def _asked_export() -> Export:
    scene = Scene()
    scene.item()
    annotator = scene.annotator()
    claimed = scene.take(annotator)
    response = {"preference": {"choice": claimed.shown[0], "strength": 1}, "why": {"text": "Right."}}
    submit(get_host(), annotator, Submission(claimed.id, {"response": response}, "ui"))
    maker = Viewer(scene.project.creator_id, "maker@example.org", "admin")
    wanted = order(db.read, get_host(), maker, Wish(project=scene.project_id))
    return db.transact(requests.create, maker, wanted, get_host().component_set())


def _ended_export(folder: Path, export_id: str, session: Session) -> tuple[object, ...]:
    made = requests.get(session, export_id)
    assert made.is_ready
    return made, sorted(path.name for path in folder.iterdir()), (folder / made.files[-1]).read_bytes()


def import_file(app: Flask, folder: Path) -> JobScene:
    """A file with a voted task, one without a vote, and a line that is refused."""
    voted = {**PAIR, "feedback": [{"annotator": "ann", "preference": "first"}]}
    scene = _import_scene()
    started = scene.upload(as_file([voted, PAIR, "{"]))
    return JobScene(started.id, _imported, project_id=scene.project_id)


def _imported(session: Session) -> Any:
    row = session.scalars(select(TaskImport)).one()
    counts = (row.lines, row.tasks, row.outputs, row.votes, row.refused)
    assert counts == (3, 2, 4, 1, 1)
    return counts, len(session.scalars(select(Task)).all()), len(session.scalars(select(Feedback)).all())


def assign(app: Flask, folder: Path) -> JobScene:
    """Three items that no router has ranked."""
    scene = _import_scene()
    scene.run([PAIR, PAIR, PAIR])
    db.transact(lambda session: session.execute(update(TaskItem).values(rank=7.0)))
    return JobScene(scene.project_id, _ranks, project_id=scene.project_id)


def _ranks(session: Session) -> list[tuple[float, int | None]]:
    rows = session.scalars(select(TaskItem).order_by(TaskItem.id))
    found = [(row.rank, row.ranked_revision) for row in rows]
    assert found == [(1.0, 1), (2.0, 1), (3.0, 1)]
    return found


def generate(app: Flask, folder: Path) -> JobScene:
    """A task that the two models of a provider without a network are asked about."""
    maker, task_id = _task_without_outputs()
    args = {"provider": "echo", "models": ["echo-1", "echo-2"], "samples": 1, "parameters": {}, "seed": 7}
    return JobScene(task_id, _generated, args={**args, "by": maker.id})


def _generated(session: Session) -> Any:
    rows = session.scalars(select(AgentOutput).order_by(AgentOutput.index)).all()
    assert [(row.model_id, row.seed, row.error) for row in rows] == [("echo-1", 7, None), ("echo-2", 7, None)]
    items = session.scalars(select(TaskItem)).all()
    assert len(items) == 1
    return [(row.id, row.output, row.generated_at) for row in rows], [item.id for item in items]


def generation_finished(app: Flask, folder: Path) -> JobScene:
    """A task with outputs that plugins may hear of."""
    scene = Scene()
    scene.item()
    task = db.read.scalars(select(Task)).one()
    outputs = list(db.read.scalars(select(AgentOutput.id)))
    return JobScene(scene.project_id, _answers, args={"task": task.id, "outputs": outputs})


def _answers(session: Session) -> list[str]:
    return [row.output for row in session.scalars(select(AgentOutput).order_by(AgentOutput.index))]


def _task_without_outputs() -> tuple[Viewer, str]:
    user = db.transact(make_user, role="researcher")
    maker = Viewer(user.id, user.email, "researcher")
    draft = TaskDraft(content={"prompt": "What is two plus two?"})
    return maker, create_task(get_host(), maker, None, "qa", draft).id


def _import_scene() -> ImportScene:
    user = db.transact(make_user, role="researcher")
    return ImportScene(Viewer(user.id, user.email, "researcher"))


def notify(app: Flask, folder: Path) -> JobScene:
    """A task that was returned to its annotator."""
    scene = Scene()
    scene.item()
    annotator = scene.annotator()
    claimed = scene.judge(annotator)
    scene.do(queue.return_to_annotator, claimed.id, "Look again.", 60)
    return JobScene(f"returned:{claimed.id}:1", _told, project_id=scene.project_id)


def _told(session: Session) -> tuple[str, int, list[str]]:
    row = session.scalars(select(Notification)).one()
    return row.kind, row.count, row.sources


# Kind of job -> a function of the app (inside its context) and an empty folder that sets the scene.
SCENES: dict[str, Callable[[Flask, Path], JobScene]] = {
    "assign": assign,
    "export": export,
    "export_finished": export_finished,
    "feedback_submitted": feedback_submitted,
    "generate": generate,
    "generation_finished": generation_finished,
    "import": import_file,
    "notify": notify,
    "score": score,
    "task_opened": task_opened,
}
