"""Jobs as their users see them: ask for one, look at it, cancel it. The row is the truth, the broker only hurries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from rlflow_core.database import after_commit
from rlflow_core.models import Job, ProjectMember, db_later, db_now, is_id, new_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services.errors import NotFound
from rlflow_core.services.job_delivery import job_sender

# As text: PostgreSQL finds the partial index by a constant only, and the driver prepares what it is asked often.
IS_QUEUED = text("state = 'queued'")
FINISHED = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as stored; `progress` of `total` counts whatever the kind counts, `error` is text for people."""

    id: str
    kind: str
    subject: str
    queue: str
    args: Mapping[str, Any]
    state: str
    progress: int
    total: int | None
    attempts: int
    cancel_requested: bool
    error: str | None
    result: Mapping[str, Any] | None
    project_id: str | None
    created_by: str | None
    component_set_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINISHED


def job_view(row: Job) -> JobView:
    """The values of `row`."""
    return JobView(**{field.name: getattr(row, field.name) for field in fields(JobView)})


def enqueue(
    session: Session,
    kind: str,
    subject: str,
    *,
    args: Mapping[str, Any] | None = None,
    queue: str = "default",
    project_id: str | None = None,
    created_by: str | None = None,
    delay_seconds: float = 0,
    component_set_id: str | None = None,
) -> str:
    """The id of the one queued job of `kind` for `subject`: a new one, or the one that waits already.

    It runs after the commit of `session`, not before `delay_seconds`. A job that waits keeps its `args` and comes
    forward when this call wants it sooner. Whatever this transaction wrote is seen by the job.
    """
    sender = job_sender()
    send_now = delay_seconds <= 0 and sender.is_ready
    row = {
        "kind": kind,
        "subject": subject,
        "args": dict(args or {}),
        "queue": queue,
        "project_id": project_id,
        "created_by": created_by,
        "not_before": db_later(max(delay_seconds, 0)),
        "component_set_id": component_set_id,
        "sent_at": db_now() if send_now else None,
    }
    while True:
        if job_id := _insert(session, row):
            if send_now:
                after_commit(session, partial(sender.send, job_id, queue))
            return job_id
        if job_id := _join_waiting(session, kind, subject, delay_seconds):
            return job_id


def _insert(session: Session, row: Mapping[str, Any]) -> str | None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return session.scalar(
        insert(Job)
        .values(id=new_id(), **row)
        .on_conflict_do_nothing(index_elements=["kind", "subject"], index_where=IS_QUEUED)
        .returning(Job.id)
    )


def _join_waiting(session: Session, kind: str, subject: str, delay_seconds: float) -> str | None:
    # The shared lock makes a worker that wants this job wait for our commit; else it could read the world
    # before it, and nobody would be left to look at what we wrote.
    job_id = session.scalar(
        select(Job.id)
        .where(Job.kind == kind, Job.subject == subject, Job.state == "queued")
        .with_for_update(read=True)
    )
    if job_id:
        session.execute(
            update(Job)
            .where(Job.id == job_id, Job.not_before > db_later(delay_seconds))
            .values(not_before=db_later(delay_seconds))
            .execution_options(synchronize_session=False)
        )
    return job_id


def get(session: Session, job_id: str) -> JobView | None:
    """The job with this id, or None."""
    row = session.get(Job, job_id, populate_existing=True) if is_id(job_id) else None
    return job_view(row) if row else None


def get_visible(session: Session, viewer: Viewer, job_id: str) -> JobView:
    """The job if `viewer` asked for it, is a researcher of its project, or is an admin; else NotFound."""
    row = session.scalar(_visible_to(viewer).where(Job.id == job_id)) if is_id(job_id) else None
    if row is None:
        raise NotFound("job", job_id)
    return job_view(row)


def _visible_to(viewer: Viewer) -> Select[Job]:
    if viewer.role == "admin":
        return select(Job)
    projects = select(ProjectMember.project_id).where(
        ProjectMember.user_id == viewer.id,
        ProjectMember.role == "researcher",
        ProjectMember.left_at.is_(None),
    )
    return select(Job).where(or_(Job.created_by == viewer.id, Job.project_id.in_(projects)))


def cancel_visible(session: Session, viewer: Viewer, job_id: str) -> JobView:
    """The job after `viewer` wished to cancel it (see `cancel`); NotFound if they may not see it."""
    job = get_visible(session, viewer, job_id)
    return cancel(session, job.id) or job


def cancel(session: Session, job_id: str) -> JobView | None:
    """The job after the wish to cancel it: a waiting one is cancelled, a running one will stop at its next beat."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "queued")
        .values(state="cancelled", cancel_requested=True, finished_at=db_now())
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "running")
        .values(cancel_requested=True)
        .execution_options(synchronize_session=False)
    )
    return get(session, job_id)
