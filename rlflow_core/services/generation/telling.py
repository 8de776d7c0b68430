"""What plugins are told of a finished generation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput, Task
from rlflow_core.plugin_api import OutputView, TaskView
from rlflow_core.services.task_lists import version_of
from rlflow_core.services.task_views import output_view, task_view


def told(session: Session, task_id: str, output_ids: Sequence[str]) -> tuple[TaskView, list[OutputView]]:
    """The task at its newest version, and the outputs in their order."""
    task = session.get_one(Task, task_id)
    rows = session.scalars(
        select(AgentOutput).where(AgentOutput.id.in_(output_ids)).order_by(AgentOutput.index)
    )
    views = [output_view(row, index=row.index) for row in rows]
    return task_view(task, version_of(session, task)), views
