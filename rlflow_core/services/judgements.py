"""A project's judgements one by one, newest first, for its researchers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, ProjectMember, Task, TaskAssignment, User
from rlflow_core.services.feedback import FeedbackView, views

PROMPT_LENGTH = 200

State = Literal["standing", "returned", "withdrawn"]
STATES: tuple[State, ...] = ("standing", "returned", "withdrawn")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement beside its task; `can_return` says whether its annotator could redo it."""

    feedback: FeedbackView
    prompt: str
    note: str | None
    can_return: bool

    @property
    def id(self) -> str:
        """The id of the feedback."""
        return self.feedback.id


def page(
    session: Session,
    project_id: str,
    limit: int,
    *,
    state: State = "standing",
    annotator: str | None = None,
    before: str | None = None,
) -> list[Judgement]:
    """At most `limit` judgements of a project in this state, of one annotator (by the name in results) or all."""
    conditions = [Feedback.project_id == project_id, _is(state)]
    if annotator:
        conditions.append(ProjectMember.pseudonym == annotator)
    if before:
        conditions.append(Feedback.id < before)
    rows = session.execute(
        select(
            Feedback.id,
            Feedback.source,
            Task.prompt,
            TaskAssignment,
            User.kind,
            User.disabled_at,
            ProjectMember,
        )
        .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
        .join(Task, Task.id == Feedback.task_id)
        .join(User, User.id == Feedback.annotator_id)
        .outerjoin(
            ProjectMember,
            (ProjectMember.project_id == Feedback.project_id)
            & (ProjectMember.user_id == Feedback.annotator_id),
        )
        .where(*conditions)
        .order_by(Feedback.id.desc())
        .limit(limit)
    ).all()
    stored = {view.id: view for view in views(session, [row.id for row in rows])}
    return [
        Judgement(
            feedback=stored[key],
            prompt=prompt[:PROMPT_LENGTH],
            note=assignment.note if assignment.returned else None,
            can_return=(
                assignment.state == "completed"
                and source != "import"
                and kind == "human"
                and disabled_at is None
                and member is not None
                and member.left_at is None
            ),
        )
        for key, source, prompt, assignment, kind, disabled_at, member in rows
    ]


def _is(state: State) -> ColumnElement[bool]:
    is_waiting = and_(TaskAssignment.state == "leased", TaskAssignment.returned)
    if state == "standing":
        return Feedback.state == "standing"
    return and_(Feedback.state == "withdrawn", is_waiting if state == "returned" else ~is_waiting)
