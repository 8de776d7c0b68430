"""How far tasks are: the judgements wanted of their items, and those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.models import TaskAssignment, TaskItem


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """The votes of a task: `done` of `wanted`, over all its items; `parked` items are not handed out."""

    items: int = 0
    wanted: int = 0
    done: int = 0
    parked: int = 0


NOTHING_TO_JUDGE = TaskProgress()


def progress_of(session: Session, task_ids: Sequence[str]) -> dict[str, TaskProgress]:
    """The progress of those of the tasks that have items, in two statements however many they are."""
    votes: dict[str, int] = dict(
        session.execute(
            select(TaskAssignment.task_id, func.count())
            .where(
                TaskAssignment.task_id.in_(task_ids),
                TaskAssignment.purpose == "vote",
                TaskAssignment.state == "completed",
            )
            .group_by(TaskAssignment.task_id)
        ).all()
    )
    rows = session.execute(
        select(TaskItem.task_id, func.count(), func.sum(TaskItem.wanted), func.count(TaskItem.parked_at))
        .where(TaskItem.task_id.in_(task_ids), TaskItem.wanted > 0)
        .group_by(TaskItem.task_id)
    )
    return {
        task_id: TaskProgress(items, int(wanted), votes.get(task_id, 0), parked)
        for task_id, items, wanted, parked in rows
    }
