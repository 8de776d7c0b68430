"""How job ids reach workers: once straight after the commit, and by the sweep for what got lost on the way."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from flask import current_app
from kombu.exceptions import KombuError
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from rlflow_core.extensions import db
from rlflow_core.models import Job, db_later, db_now

STALE_SECONDS = 30
RESEND_SECONDS = 30
# A worker that leaves a job alone may be the next to hear of it too: the one that can do it must not wait for long.
REFUSED_RESEND_SECONDS = 10
CIRCUIT_SECONDS = 10
SWEEP_ROW_ID = "00000000-0000-7000-8000-000000000001"
SWEEP_NOTE_SECONDS = 10
WEB_ROW_ID = "00000000-0000-7000-8000-000000000002"
SWEEP_LOCK = 0x524C_5357

log = logging.getLogger(__name__)


class Broker(Protocol):
    """The one thing that services need of the Celery app."""

    def send_task(self, name: str, args: list[str], *, queue: str, retry: bool) -> object:
        """Put a message on `queue`, or raise."""


class JobSender:
    """Sends ids to the broker; after a failure it lets the sweep do it for ten seconds, so that nobody waits."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._closed_until = 0.0
        # In-memory messages reach workers of the same process only; without one nothing is sent.
        self.has_workers = False

    @property
    def is_ready(self) -> bool:
        """Whether a message sent now would have a chance."""
        return self.has_workers and time.monotonic() >= self._closed_until

    def send(self, job_id: str, queue: str) -> bool:
        """Whether the broker took the id; if not, the row is marked as unsent."""
        try:
            self._broker.send_task("rlflow.run_job", [job_id], queue=queue, retry=False)
        except (KombuError, RedisError, OSError) as error:
            log.warning("The broker did not take job %s (%s); the sweep will send it.", job_id, error)
            self._closed_until = time.monotonic() + CIRCUIT_SECONDS
            db.transact(mark_unsent, [job_id])
            return False
        return True


def job_sender() -> JobSender:
    """The sender of the current app."""
    sender: JobSender = current_app.extensions["job_sender"]
    return sender


def takeable() -> ColumnElement[bool]:
    """The condition under which a job may be run: its time has come and no live worker has it.

    A waiting job stays back while one of the same kind and subject runs, so that no two runs of a subject overlap.
    """
    twin = aliased(Job)
    runs_already = exists().where(twin.kind == Job.kind, twin.subject == Job.subject, twin.state == "running")
    return or_(
        and_(Job.state == "queued", Job.not_before <= db_now(), ~runs_already),
        and_(
            Job.state == "running",
            or_(Job.heartbeat_at.is_(None), Job.heartbeat_at < db_later(-STALE_SECONDS)),
        ),
    )


@dataclass(frozen=True, slots=True)
class DueJob:
    """A job that a worker should hear of."""

    id: str
    queue: str


def any_due(session: Session) -> bool:
    """Whether the sweep has something to send; a reading session is enough."""
    return bool(session.scalar(select(exists().where(_unheard()))))


def due(session: Session, limit: int) -> list[DueJob]:
    """At most `limit` jobs that no worker has heard of lately, oldest first, marked as sent."""
    if _another_sweeps(session):
        return []
    chosen = select(Job.id).where(_unheard()).order_by(Job.created_at, Job.id).limit(limit)
    rows = session.execute(
        update(Job)
        .where(Job.id.in_(chosen))
        .values(sent_at=db_now())
        .returning(Job.id, Job.queue)
        .execution_options(synchronize_session=False)
    )
    return sorted((DueJob(row.id, row.queue) for row in rows), key=lambda job: job.id)


def _another_sweeps(session: Session) -> bool:
    """Whether another sweep is at it right now; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "sqlite":
        return False
    return not session.scalar(select(func.pg_try_advisory_xact_lock(SWEEP_LOCK)))


def _unheard() -> ColumnElement[bool]:
    return and_(takeable(), or_(Job.sent_at.is_(None), Job.sent_at < db_later(-RESEND_SECONDS)))


def mark_unsent(session: Session, job_ids: Collection[str]) -> None:
    """Let the next sweep send these jobs."""
    session.execute(
        update(Job)
        .where(Job.id.in_(job_ids))
        .values(sent_at=None)
        .execution_options(synchronize_session=False)
    )


def forget_messages(session: Session, worker: str) -> None:
    """Start over after a process whose messages lived in memory: what `worker` ran is free, what waits is unsent."""
    session.execute(
        update(Job)
        .where(Job.state == "running", Job.worker == worker)
        .values(heartbeat_at=None, sent_at=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Job)
        .where(Job.state == "queued")
        .values(sent_at=None)
        .execution_options(synchronize_session=False)
    )


def note_sweep(session: Session) -> None:
    """Record that beat, broker and a worker are alive: a job row that is never due keeps the time."""
    _note(session, SWEEP_ROW_ID, kind="sweep", heartbeat_at=db_now())


def sweep_seen_within(session: Session, seconds: float) -> bool:
    """Whether a worker has swept in the last `seconds`."""
    return bool(
        session.scalar(select(exists().where(Job.id == SWEEP_ROW_ID, Job.heartbeat_at >= db_later(-seconds))))
    )


def note_web(session: Session, component_set_id: str) -> None:
    """Record the components that the web processes have from now on: another row that is never due."""
    _note(session, WEB_ROW_ID, kind="web", heartbeat_at=db_now(), component_set_id=component_set_id)


def web_components(session: Session) -> str | None:
    """The component set of the web processes; None before the first one started."""
    return session.scalar(select(Job.component_set_id).where(Job.id == WEB_ROW_ID))


def is_note() -> ColumnElement[bool]:
    """The condition under which a row is such a note and no job."""
    return Job.id.in_((SWEEP_ROW_ID, WEB_ROW_ID))


def _note(session: Session, row_id: str, *, kind: str, **values: Any) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(Job)
        .values(id=row_id, kind=kind, subject="", state="done", **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )
