"""What plugins are told after the commit: opened tasks and new labels, exactly those that they have not heard of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import (
    Feedback,
    FeedbackRevision,
    Project,
    ProjectMember,
    Task,
    TaskItem,
    TaskVersion,
    User,
)
from rlflow_core.plugin_api import TaskView, Vote
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import jobs
from rlflow_core.services.task_views import task_view

TASK_OPENED = "task_opened"
FEEDBACK_SUBMITTED = "feedback_submitted"
BATCH = 200

RevisionKey = tuple[str, int]


def is_heard(hook: str) -> bool:
    """Whether any plugin listens to `hook`, so that nothing is kept for nobody."""
    return get_host().manager.implements(hook)


def enqueue_if_heard(session: Session, hook: str, project_id: str) -> None:
    """The job that tells plugins what they have not heard of the project, if any of them listens."""
    if is_heard(hook):
        jobs.enqueue(session, hook, project_id, project_id=project_id)


def unheard_tasks(session: Session, project_id: str) -> list[TaskView]:
    """Tasks that annotators can take by now and that plugins have not heard of, in the order of arrival."""
    rows = session.execute(
        select(Task, TaskVersion)
        .join(TaskVersion, (TaskVersion.task_id == Task.id) & (TaskVersion.number == Task.version))
        .join(Project, Project.id == Task.project_id)
        .where(
            Task.project_id == project_id,
            Task.announced.is_(False),
            Task.status == "open",
            Project.status == "open",
            select(TaskItem.id).where(TaskItem.task_id == Task.id).exists(),
        )
        .order_by(Task.seq)
        .limit(BATCH)
    )
    return [task_view(task, version) for task, version in rows]


def mark_tasks(session: Session, heard: Sequence[TaskView]) -> None:
    """Plugins have heard of these tasks."""
    ids = [task.id for task in heard]
    session.execute(update(Task).where(Task.id.in_(ids)).values(announced=True))


def unheard_feedback(session: Session, project_id: str) -> list[Vote]:
    """Labels that plugins have not heard of, in the order of submission."""
    rows = session.execute(
        select(Feedback, FeedbackRevision, ProjectMember.pseudonym, User.kind)
        .join(FeedbackRevision, FeedbackRevision.feedback_id == Feedback.id)
        .join(User, User.id == Feedback.annotator_id)
        .outerjoin(
            ProjectMember,
            (ProjectMember.project_id == Feedback.project_id)
            & (ProjectMember.user_id == Feedback.annotator_id),
        )
        .where(Feedback.project_id == project_id, FeedbackRevision.announced.is_(False))
        .order_by(FeedbackRevision.feedback_id, FeedbackRevision.number)
        .limit(BATCH)
    )
    return [_vote(feedback, revision, pseudonym, kind) for feedback, revision, pseudonym, kind in rows]


def mark_feedback(session: Session, heard: Sequence[Vote]) -> None:
    """Plugins have heard of these labels."""
    keys = [
        and_(FeedbackRevision.feedback_id == vote.feedback, FeedbackRevision.number == vote.revision)
        for vote in heard
    ]
    session.execute(update(FeedbackRevision).where(or_(*keys)).values(announced=True))


def _vote(feedback: Feedback, revision: FeedbackRevision, pseudonym: str | None, kind: str) -> Vote:
    milliseconds = feedback.active_ms if feedback.active_ms is not None else feedback.wall_ms
    return Vote(
        feedback=feedback.id,
        revision=revision.number,
        annotator=pseudonym or "annotator-left",
        by=cast('Literal["human", "model", "imported"]', kind),
        source=cast('Literal["ui", "api", "import"]', feedback.source),
        response=revision.response,
        seconds=None if milliseconds is None else milliseconds / 1000,
        created_at=revision.created_at,
    )
