"""Short words for what tests do with job rows; all need an application context."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Job, db_later
from rlflow_core.services import job_attempts, jobs
from rlflow_core.services.jobs import JobView


def ask(kind: str = "count", subject: str = "one", **options: Any) -> str:
    """The id of a job that was asked for."""
    return db.transact(jobs.enqueue, kind, subject, **options)


def seen(job_id: str) -> JobView:
    """The job as stored."""
    job = db.transact(jobs.get, job_id)
    assert job is not None
    return job


def take(job_id: str, worker: str = "worker") -> JobView | None:
    """What a worker gets that wants the job."""
    return db.transact(job_attempts.take, job_id, worker)


def taken(job_id: str) -> JobView:
    """The job, which a worker must get."""
    job = take(job_id)
    assert job is not None
    return job


def let_worker_die(job_id: str) -> None:
    """Let the last heartbeat be 31 seconds old."""
    change(job_id, heartbeat_at=db_later(-31))


def change(job_id: str, **values: Any) -> None:
    """Write to the row as time or a fault would."""
    db.transact(_change, job_id, values)


def _change(session: Session, job_id: str, values: dict[str, Any]) -> None:
    session.execute(update(Job).where(Job.id == job_id).values(values))
