"""A desk whose outputs are solutions in steps, line by line."""

from __future__ import annotations

from desk_scene import DeskScene
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import AgentOutput, Task


def split_outputs(scene: DeskScene) -> None:
    """Store every line of the scene's outputs as a step."""
    with scene.app.app_context():
        db.transact(_split, scene.project_id)


def _split(session: Session, project_id: str) -> None:
    outputs = (
        select(AgentOutput).join(Task, Task.id == AgentOutput.task_id).where(Task.project_id == project_id)
    )
    for output in session.scalars(outputs):
        output.segments = [
            {"index": index, "kind": "step", "text": line}
            for index, line in enumerate(output.output.split("\n"))
        ]
