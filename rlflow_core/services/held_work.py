"""What an annotator holds or has begun, and put aside for later; only reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from rlflow_core.models import Draft, Project, ProjectMember, Task, TaskAssignment
from rlflow_core.services.queue.tables import IS_OWN_WORK

PROMPT_LENGTH = 200
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class PutAside:
    """A postponed or returned assignment: `prompt` is the start of its task's, `until` the end of its reservation."""

    id: str
    prompt: str
    returned: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An assignment that is not submitted: returned, postponed, in work, or ended over a draft."""

    id: str
    project_id: str
    project_name: str
    prompt: str
    state: str
    returned: bool
    note: str | None
    is_postponed: bool
    until: datetime | None
    draft_saved_at: datetime | None


def unfinished(session: Session, annotator_id: str) -> list[Unfinished]:
    """All that the annotator has begun in the projects they belong to, returned work first, at most MOST_LISTED."""
    rows = session.execute(
        select(TaskAssignment, Project.name, Task.prompt, Draft.saved_at)
        .join(Project, Project.id == TaskAssignment.project_id)
        .join(Task, Task.id == TaskAssignment.task_id)
        .join(
            ProjectMember,
            (ProjectMember.project_id == TaskAssignment.project_id)
            & (ProjectMember.user_id == TaskAssignment.annotator_id),
        )
        .outerjoin(Draft, Draft.assignment_id == TaskAssignment.id)
        .where(
            TaskAssignment.annotator_id == annotator_id,
            ProjectMember.left_at.is_(None),
            IS_OWN_WORK,
            or_(
                TaskAssignment.state == "leased",
                and_(TaskAssignment.state == "expired", Draft.assignment_id.is_not(None)),
            ),
        )
        .order_by(
            (TaskAssignment.returned & (TaskAssignment.state == "leased")).desc(),
            TaskAssignment.state.desc(),
            TaskAssignment.lease_until,
            TaskAssignment.id,
        )
        .limit(MOST_LISTED)
    )
    return [
        Unfinished(
            id=row.id,
            project_id=row.project_id,
            project_name=name,
            prompt=prompt[:PROMPT_LENGTH],
            state=row.state,
            returned=row.returned and row.state == "leased",
            note=row.note if row.returned else None,
            is_postponed=row.postponed_at is not None,
            until=row.lease_until,
            draft_saved_at=saved_at,
        )
        for row, name, prompt, saved_at in rows
    ]


def put_aside(session: Session, annotator_id: str, project_id: str) -> list[PutAside]:
    """The assignments that wait to be resumed, returned ones first, then the one whose time ends first."""
    rows = session.execute(
        select(TaskAssignment.id, Task.prompt, TaskAssignment.returned, TaskAssignment.lease_until)
        .join(Task, Task.id == TaskAssignment.task_id)
        .where(
            TaskAssignment.annotator_id == annotator_id,
            TaskAssignment.project_id == project_id,
            TaskAssignment.state == "leased",
            IS_OWN_WORK,
            TaskAssignment.postponed_at.is_not(None),
        )
        .order_by(TaskAssignment.returned.desc(), TaskAssignment.lease_until, TaskAssignment.id)
    )
    return [PutAside(row.id, row.prompt[:PROMPT_LENGTH], row.returned, row.lease_until) for row in rows]


def reserved_until(session: Session, annotator_id: str, assignment_id: str) -> datetime | None:
    """When the reservation of the annotator's assignment ends; None if it is not reserved."""
    return session.scalar(
        select(TaskAssignment.lease_until).where(
            TaskAssignment.id == assignment_id, TaskAssignment.annotator_id == annotator_id
        )
    )
