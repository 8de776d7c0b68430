"""The sweep: every few seconds it sends the jobs that no worker has heard of. Twice at once does no harm."""

from __future__ import annotations

import time

from rlflow_core.extensions import db
from rlflow_core.jobs.expire import expire_leases
from rlflow_core.services import job_delivery, sign_ins
from rlflow_core.services.job_delivery import job_sender

LIMIT = 100
HOUR_SECONDS = 3600.0

_next_look = 0.0


def sweep() -> None:
    """Send what waits unsent or lost its worker, end overdue leases, and note that a worker lives."""
    if not job_delivery.sweep_seen_within(db.read, job_delivery.SWEEP_NOTE_SECONDS):
        db.transact(job_delivery.note_sweep)
    expire_leases()
    _forget_ended_sign_ins()
    if job_delivery.any_due(db.read):
        _send_due()


def _forget_ended_sign_ins() -> None:
    # The look goes through the whole table, so each process takes it once an hour.
    global _next_look
    if time.monotonic() < _next_look:
        return
    _next_look = time.monotonic() + HOUR_SECONDS
    if sign_ins.any_to_purge(db.read):
        db.transact(sign_ins.purge)


def _send_due() -> None:
    jobs = db.transact(job_delivery.due, LIMIT)
    sender = job_sender()
    for place, job in enumerate(jobs):
        if not sender.send(job.id, job.queue):
            db.transact(job_delivery.mark_unsent, [unsent.id for unsent in jobs[place:]])
            return
