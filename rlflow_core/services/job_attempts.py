"""Jobs as workers see them: take one, beat while it runs, end it; a later attempt shuts an earlier one out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from sqlalchemy import case, literal, select, update
from sqlalchemy.orm import Session

from rlflow_core.database import after_commit
from rlflow_core.models import Job, db_later, db_now, is_id
from rlflow_core.services import notifying
from rlflow_core.services.job_delivery import (
    REFUSED_RESEND_SECONDS,
    RESEND_SECONDS,
    job_sender,
    takeable,
)
from rlflow_core.services.jobs import JobView, job_view

MAX_ATTEMPTS = 5

Verdict = Literal["go", "cancelled", "lost"]


def take(session: Session, job_id: str, worker: str) -> JobView | None:
    """The job, now running as one more attempt by `worker`; None when it may not be run (any more) or is taken.

    A job whose workers died five times fails here with a reason.
    """
    if not is_id(job_id):
        return None
    is_spent = Job.attempts >= MAX_ATTEMPTS
    over = is_spent | Job.cancel_requested
    row = session.scalar(
        update(Job)
        .where(Job.id == job_id, takeable())
        .values(
            state=case((Job.cancel_requested, "cancelled"), (is_spent, "failed"), else_="running"),
            attempts=case((over, Job.attempts), else_=Job.attempts + 1),
            error=case((is_spent, literal(SPENT)), else_=None),
            finished_at=case((over, db_now()), else_=None),
            worker=worker[:200],
            started_at=db_now(),
            heartbeat_at=db_now(),
        )
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if row and row.state == "failed":
        notifying.job_ended(session, row)
    return job_view(row) if row and row.state == "running" else None


SPENT = (
    f"Its worker died {MAX_ATTEMPTS} times while it ran this job. Look for lack of memory in the worker's log, "
    "then start the job again."
)


def beat(session: Session, job_id: str, attempt: int, progress: int, total: int | None) -> Verdict:
    """Whether this attempt may go on, after its heartbeat and progress are stored."""
    row = session.execute(
        update(Job)
        .where(*_mine(job_id, attempt))
        .values(heartbeat_at=db_now(), progress=progress, total=total)
        .returning(Job.cancel_requested)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return "lost"
    return "cancelled" if row.cancel_requested else "go"


def finish(
    session: Session,
    job_id: str,
    attempt: int,
    result: Mapping[str, Any] | None = None,
    *,
    progress: int = 0,
    total: int | None = None,
) -> bool:
    """Whether the job is done by this attempt (not when another one has taken it)."""
    values = {"result": dict(result or {}), "progress": progress, "total": total}
    return _end(session, job_id, attempt, state="done", **values)


def fail(
    session: Session, job_id: str, attempt: int, error: str, result: Mapping[str, Any] | None = None
) -> bool:
    """Whether the job is failed by this attempt, with a text that its user can act on and what it came to so far."""
    return _end(
        session, job_id, attempt, state="failed", error=error, result=None if result is None else dict(result)
    )


def stop(session: Session, job_id: str, attempt: int) -> bool:
    """Whether the job is cancelled, now that its run has stopped."""
    return _end(session, job_id, attempt, state="cancelled")


def release(session: Session, job_id: str, attempt: int) -> None:
    """Give a running job back untouched, because its worker shuts down; this attempt does not count."""
    session.execute(
        update(Job)
        .where(*_mine(job_id, attempt))
        .values(heartbeat_at=None, sent_at=None, attempts=Job.attempts - 1)
        .execution_options(synchronize_session=False)
    )


def refuse(session: Session, job_id: str, reason: str) -> None:
    """Leave a waiting job to another worker, which soon hears of it, and say on it why this one does not run it."""
    sent_at = db_later(REFUSED_RESEND_SECONDS - RESEND_SECONDS)
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "queued")
        .values(error=reason, sent_at=sent_at)
        .execution_options(synchronize_session=False)
    )


def _mine(job_id: str, attempt: int) -> tuple[Any, ...]:
    return (Job.id == job_id, Job.state == "running", Job.attempts == attempt)


def _end(session: Session, job_id: str, attempt: int, **values: Any) -> bool:
    row = session.execute(
        update(Job)
        .where(*_mine(job_id, attempt))
        .values(finished_at=db_now(), **values)
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        return False
    notifying.job_ended(session, row)
    _send_next(session, row.kind, row.subject)
    return True


def _send_next(session: Session, kind: str, subject: str) -> None:
    """Send the job that stayed back while this one ran."""
    sender = job_sender()
    if not sender.is_ready:
        return
    waiting = session.execute(
        select(Job.id, Job.queue).where(
            Job.kind == kind, Job.subject == subject, Job.state == "queued", Job.not_before <= db_now()
        )
    ).one_or_none()
    if waiting:
        after_commit(session, partial(sender.send, waiting.id, waiting.queue))
