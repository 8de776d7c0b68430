"""A project with a queue, and short words for what tests do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from factories import make_member, make_project, make_task
from queue_invariants import broken_rules
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import AgentOutput, Feedback, TaskAssignment, TaskItem, db_later
from rlflow_core.services import queue

P = ParamSpec("P")
R = TypeVar("R")


class Scene:
    """One project; needs an application context."""

    def __init__(self, **settings: Any) -> None:
        self.project = db.transact(make_project, **settings)
        self.project_id = self.project.id

    def annotator(self, lanes: list[str] | None = None) -> str:
        """The id of a new annotator of the project."""
        return db.transact(make_member, self.project, lanes=lanes).user_id

    def item(self, outputs: tuple[str, ...] = ("Four.", "Five."), **values: Any) -> str:
        """The id of a new item."""
        return db.transact(make_task, self.project, outputs, **values).id

    def do(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """One transaction, after which all rules of the queue hold."""
        result = db.transact(work, *args, **kwargs)
        assert db.transact(broken_rules) == []
        return result

    def claim(self, annotator_id: str) -> queue.Claimed | None:
        """What the queue hands out."""
        return self.do(queue.claim, self.project_id, annotator_id)

    def take(self, annotator_id: str) -> queue.Claimed:
        """What the queue hands out, which must be something."""
        claimed = self.claim(annotator_id)
        assert claimed is not None
        return claimed

    def submit(self, assignment_id: str, annotator_id: str) -> queue.Completion:
        """A submit with its feedback."""
        return self.do(submit, assignment_id, annotator_id)

    def judge(self, annotator_id: str) -> queue.Claimed:
        """An assignment taken and submitted."""
        claimed = self.take(annotator_id)
        assert self.submit(claimed.id, annotator_id).counts
        return claimed

    def end_lease(self, assignment_id: str) -> None:
        """Let the clock run over the lease; nobody has noticed yet."""
        db.transact(end_lease, assignment_id)

    def reap(self) -> int:
        """End all overdue leases."""
        return self.do(queue.expire_due, self.project_id)

    def row(self, assignment_id: str) -> TaskAssignment:
        """The assignment as stored."""
        return db.transact(_row, TaskAssignment, assignment_id)

    def places(self, item_id: str) -> tuple[int, int]:
        """`wanted` and `places_left` of the item."""
        item = db.transact(_row, TaskItem, item_id)
        return item.wanted, item.places_left

    def all_places(self) -> dict[str, tuple[int, int]]:
        """`wanted` and `places_left` of every item of the project."""
        return db.transact(_all_places, self.project_id)

    def stored_item(self, item_id: str) -> TaskItem:
        """The item as stored."""
        return db.transact(_row, TaskItem, item_id)

    def outputs_of(self, task_id: str) -> list[str]:
        """The ids of the task's outputs in their fixed order."""
        return db.transact(_outputs_of, task_id)

    def change(self, model: type[Any], row_id: str, **values: Any) -> None:
        """Write to a row as another service would."""
        db.transact(_change, model, row_id, values)


def submit(session: Session, assignment_id: str, annotator_id: str) -> queue.Completion:
    """Complete the assignment and, if it counts, let its feedback stand."""
    completion = queue.complete(session, assignment_id, annotator_id)
    if completion.counts:
        _let_stand(session, completion.assignment)
    return completion


def end_lease(session: Session, assignment_id: str) -> None:
    """Move the end of the lease into the past."""
    row = update(TaskAssignment).where(TaskAssignment.id == assignment_id, TaskAssignment.state == "leased")
    session.execute(row.values(lease_until=db_later(-1)))


def _let_stand(session: Session, claimed: queue.Claimed) -> None:
    earlier = session.scalars(select(Feedback).where(Feedback.assignment_id == claimed.id)).one_or_none()
    if earlier is not None:
        earlier.state, earlier.revision = "standing", earlier.revision + 1
        return
    session.add(
        Feedback(
            assignment_id=claimed.id,
            project_id=claimed.project_id,
            task_id=claimed.task_id,
            item_id=claimed.item_id,
            annotator_id=claimed.annotator_id,
            component_set_id=claimed.component_set_id,
            source="ui",
        )
    )


def _outputs_of(session: Session, task_id: str) -> list[str]:
    outputs = select(AgentOutput.id).where(AgentOutput.task_id == task_id).order_by(AgentOutput.index)
    return list(session.scalars(outputs))


def _all_places(session: Session, project_id: str) -> dict[str, tuple[int, int]]:
    items = select(TaskItem.id, TaskItem.wanted, TaskItem.places_left)
    rows = session.execute(items.where(TaskItem.project_id == project_id))
    return {row.id: (row.wanted, row.places_left) for row in rows}


def _row(session: Session, model: type[R], row_id: str) -> R:
    row = session.get(model, row_id)
    assert row is not None
    return row


def _change(session: Session, model: type[Any], row_id: str, values: dict[str, Any]) -> None:
    session.execute(update(model).where(model.id == row_id).values(values))
