"""An annotator's own judgements, newest first: what stands, and what was returned to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, Project, ProjectMember, Task, TaskAssignment, is_id
from rlflow_core.services.errors import NotFound
from rlflow_core.services.feedback import FeedbackView, own_views
from rlflow_core.services.revising import OPEN_TO_CHANGE

PROMPT_LENGTH = 200
WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Which:
    """Which judgements: of one project or all, those that stand or those that were returned, before one of them."""

    project: str | None = None
    returned: bool = False
    before: str | None = None


@dataclass(frozen=True, slots=True)
class OwnFeedback:
    """One judgement beside what it is about; `note` says why it was returned."""

    feedback: FeedbackView
    project_name: str
    prompt: str
    note: str | None
    returned: bool
    can_revise: bool

    @property
    def id(self) -> str:
        """The id of the judgement."""
        return self.feedback.id


def page(session: Session, annotator_id: str, limit: int, which: Which) -> list[OwnFeedback]:
    """At most `limit` of the annotator's judgements in the projects they belong to; NotFound for another project."""
    if which.project is not None and not _is_member(session, annotator_id, which.project):
        raise NotFound("project", which.project)
    query = (
        select(
            Feedback.id,
            Project.name,
            Project.status,
            Task.prompt,
            TaskAssignment.note,
            TaskAssignment.purpose,
        )
        .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
        .join(Project, Project.id == Feedback.project_id)
        .join(Task, Task.id == Feedback.task_id)
        .join(
            ProjectMember,
            (ProjectMember.project_id == Feedback.project_id)
            & (ProjectMember.user_id == Feedback.annotator_id),
        )
        .where(Feedback.annotator_id == annotator_id, ProjectMember.left_at.is_(None), _is(which))
        .order_by(Feedback.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    views = {view.id: view for view in own_views(session, [row.id for row in rows])}
    return [
        OwnFeedback(
            feedback=views[row.id],
            project_name=row.name,
            prompt=row.prompt[:PROMPT_LENGTH],
            note=row.note if which.returned else None,
            returned=which.returned,
            can_revise=which.returned or (row.status in OPEN_TO_CHANGE and row.purpose != "practice"),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many judgements of an annotator stand: of today and of the last seven days (by UTC), and in all."""

    today: int
    week: int
    total: int


def tally(session: Session, annotator_id: str) -> Tally:
    """How much the annotator has done."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    done = session.execute(
        select(_since(midnight), _since(midnight - WEEK), func.count()).where(
            TaskAssignment.annotator_id == annotator_id, TaskAssignment.state == "completed"
        )
    ).one()
    return Tally(today=done[0], week=done[1], total=done[2])


def _since(moment: datetime) -> ColumnElement[int]:
    return func.count(case((TaskAssignment.completed_at >= moment, 1)))


def _is(which: Which) -> ColumnElement[bool]:
    conditions = [Feedback.state == ("withdrawn" if which.returned else "standing")]
    if which.returned:
        conditions += [TaskAssignment.state == "leased", TaskAssignment.returned.is_(True)]
    if which.project is not None:
        conditions.append(Feedback.project_id == which.project)
    if which.before is not None:
        conditions.append(Feedback.id < which.before)
    return and_(*conditions)


def _is_member(session: Session, annotator_id: str, project_id: str) -> bool:
    member = session.get(ProjectMember, (project_id, annotator_id)) if is_id(project_id) else None
    return member is not None and member.left_at is None
