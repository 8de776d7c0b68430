"""The heartbeat of running jobs: a thread per job, so that a long silent call does not look dead."""

from __future__ import annotations

import logging
import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobCancelled, JobContext, JobLost, JobReleased
from rlflow_core.services import job_attempts
from rlflow_core.this_app import this_app

BEAT_SECONDS = 2.0

log = logging.getLogger(__name__)

# One byte that a worker shares with the processes it forks; a lock could be held by one that was killed.
_leaving = mmap.mmap(-1, 1)


def leave() -> None:
    """Let every job of this process and of those forked from it go back into the queue at its next beat."""
    _leaving[0] = 1


@contextmanager
def beating(context: JobContext) -> Iterator[None]:
    """Keep the job of `context` alive and tell the context when it should stop."""
    app = this_app()
    ended = threading.Event()
    thread = threading.Thread(
        target=_beat_until, args=(app, context, ended), name=f"heartbeat {context.id}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat_until(app: Flask, context: JobContext, ended: threading.Event) -> None:
    with app.app_context():
        while not ended.wait(BEAT_SECONDS):
            try:
                verdict = db.transact(
                    job_attempts.beat, context.id, context.attempt, context.done, context.total
                )
            except SQLAlchemyError as error:
                # The next beat may succeed; if none does, the job is taken over and this attempt shut out.
                log.warning("Job %s could not beat: %s", context.id, type(error).__name__)
                continue
            if verdict == "cancelled":
                context.interrupt(JobCancelled())
            elif verdict == "lost":
                context.interrupt(JobLost())
            elif _leaving[0]:
                context.interrupt(JobReleased())
