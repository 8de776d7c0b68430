"""One attempt at one job: take its row, run its handler, store how it ended."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobCancelled, JobContext, JobFailed, JobLost, JobReleased
from rlflow_core.jobs.heartbeat import beating
from rlflow_core.jobs.likeness import unlike_web
from rlflow_core.jobs.registry import JobKind, UnknownJobKind, job_kind
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.security.origin import acting, of_job
from rlflow_core.services import job_attempts, jobs
from rlflow_core.services.errors import ServiceError
from rlflow_core.services.jobs import JobView

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)

log = logging.getLogger(__name__)

_running: set[JobContext] = set()
_running_lock = threading.Lock()


def run_for_web(job_id: str, *, worker: str | None = None) -> None:
    """Run the job like `run_job`, unless this worker's components are not those of the web processes."""
    reason = unlike_web()
    if reason is None:
        run_job(job_id, worker=worker)
        return
    log.error("Job %s stays in the queue: %s", job_id, reason)
    db.transact(job_attempts.refuse, job_id, reason)


def run_job(
    job_id: str, *, worker: str | None = None, watch: Callable[[int, int | None], None] | None = None
) -> None:
    """Run the job if it may be taken; errors of its handler are stored on its row.

    Raises what the handler raised when its text is not meant for people, so that the log gets the traceback.
    """
    job = jobs.get(db.read, job_id)
    if job is None or job.is_finished:
        return
    try:
        kind = job_kind(job.kind)
    except UnknownJobKind as unknown:
        log.error("Job %s stays in the queue: %s", job_id, unknown)
        db.transact(job_attempts.refuse, job_id, str(unknown))
        return
    taken = db.transact(job_attempts.take, job_id, worker or worker_name())
    if taken:
        _attempt(kind, taken, watch)


def worker_name() -> str:
    """This process, as job rows name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def release_running() -> None:
    """Tell every job of this process to stop at its next `progress` and go back into the queue."""
    with _running_lock:
        for context in _running:
            context.interrupt(JobReleased())


def is_idle() -> bool:
    """Whether no job runs in this process."""
    return not _running


def _attempt(kind: JobKind, job: JobView, watch: Callable[[int, int | None], None] | None) -> None:
    context = JobContext(job, watch)
    with _running_lock:
        _running.add(context)
    try:
        _run_handler(kind, context)
    finally:
        with _running_lock:
            _running.discard(context)


def _run_handler(kind: JobKind, context: JobContext) -> None:
    key = (context.id, context.attempt)
    log.info("Job %s (%s %s) starts, attempt %d.", context.id, context.kind, context.subject, context.attempt)
    try:
        with beating(context), acting(of_job(context.id, context.created_by)):
            result = kind.handler(context)
    except JobCancelled:
        db.transact(job_attempts.stop, *key)
    except JobReleased:
        db.transact(job_attempts.release, *key)
    except JobLost:
        log.warning("Job %s was taken over; attempt %d stopped.", *key)
    except (JobFailed, ServiceError, ComponentFault) as error:
        db.transact(job_attempts.fail, *key, str(error), getattr(error, "result", None))
    except DATABASE_AWAY:
        # The row cannot be written now either. It goes stale, and the sweep hands it to another attempt.
        raise
    except Exception as error:
        db.transact(job_attempts.fail, *key, _internal_error(error, context))
        raise
    else:
        db.transact(job_attempts.finish, *key, result, progress=context.done, total=context.total)


def _internal_error(error: Exception, context: JobContext) -> str:
    # The text of an unknown error may hold data or passwords: it belongs in the log, not on a page.
    return (
        f"An internal error ({type(error).__name__}) stopped this job. "
        f"The worker's log has the details under {context.id}."
    )
