"""Jobs that a command waits for: a worker does them if one is there, else this process."""

from __future__ import annotations

import time
from collections.abc import Callable

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.services import job_delivery, jobs
from rlflow_core.services.job_delivery import STALE_SECONDS
from rlflow_core.services.jobs import JobView

POLL_SECONDS = 0.2


def run_now_or_wait(job_id: str, watch: Callable[[int, int | None], None] | None = None) -> JobView:
    """The finished job. It is offered to a living worker first, and run here if none has it within 30 seconds.

    `watch(done, total)` hears of its progress. Raises LookupError when there is no such job.
    """
    since = time.monotonic()
    while True:
        with db.reading() as session:
            job = jobs.get(session, job_id)
            worker_lives = job_delivery.sweep_seen_within(session, STALE_SECONDS)
        if job is None:
            raise LookupError(f"There is no job {job_id}.")
        if job.is_finished:
            return job
        if watch and job.state == "running":
            watch(job.progress, job.total)
        is_left_alone = job.state == "queued" and time.monotonic() - since > STALE_SECONDS
        if not worker_lives or is_left_alone:
            run_job(job_id, watch=watch)
        time.sleep(POLL_SECONDS)
