"""Who holds a task now, by name or by taking it from the queue; only reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import TaskAssignment, User, db_now

MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Holder:
    """A person with a reservation of something of the task; `until` is its end, the latest of theirs."""

    email: str
    until: datetime
    is_postponed: bool
    returned: bool


def holders(session: Session, task_id: str) -> list[Holder]:
    """Whom the task is reserved for, each person once, who keeps it longest first, at most MOST_LISTED."""
    rows = session.execute(
        select(User.email, TaskAssignment)
        .join(User, User.id == TaskAssignment.annotator_id)
        .where(
            TaskAssignment.task_id == task_id,
            TaskAssignment.state == "leased",
            TaskAssignment.lease_until > db_now(),
        )
        .order_by(TaskAssignment.lease_until.desc(), TaskAssignment.id)
        .limit(MOST_LISTED)
    )
    found: dict[str, Holder] = {}
    for email, row in rows:
        if row.lease_until is not None:
            found.setdefault(
                email, Holder(email, row.lease_until, row.postponed_at is not None, row.returned)
            )
    return list(found.values())
