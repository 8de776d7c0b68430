"""What a handler knows of its job, and how it learns that it should stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from rlflow_core.services.jobs import JobView


class JobFailed(Exception):
    """Ends a job as failed with a text that its user can act on (so do ServiceError and ComponentFault).

    `result` is what came of it all the same, and what machines should know of the failure.
    """

    def __init__(self, message: str, result: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.result = result


class JobInterrupted(Exception):
    """A job must end its work now; handlers let it pass."""


class JobCancelled(JobInterrupted):
    """Its user has cancelled the job."""


class JobLost(JobInterrupted):
    """Another attempt has taken the job, because this one looked dead."""


class JobReleased(JobInterrupted):
    """The worker shuts down; the job goes back into the queue."""


class JobContext:
    """One attempt at one job, as its handler sees it."""

    def __init__(self, job: JobView, watch: Callable[[int, int | None], None] | None = None) -> None:
        self.id: str = job.id
        self.kind: str = job.kind
        self.subject: str = job.subject
        self.args: Mapping[str, Any] = job.args
        self.attempt: int = job.attempts
        self.project_id: str | None = job.project_id
        self.created_by: str | None = job.created_by
        self.component_set_id: str | None = job.component_set_id
        self.done = 0
        self.total: int | None = None
        self._watch = watch
        self._interruption: JobInterrupted | None = None
        self._interrupted = threading.Event()

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the work is; raises JobInterrupted when it should stop. Cheap: call it for every row.

        The heartbeat stores the numbers every two seconds. `total` keeps its last value when left out.
        """
        self.done = done
        self.total = self.total if total is None else total
        if self._watch:
            self._watch(self.done, self.total)
        if self._interruption:
            raise self._interruption

    def interrupt(self, interruption: JobInterrupted) -> None:
        """Make the next `progress` raise `interruption` (the first one counts)."""
        self._interruption = self._interruption or interruption
        self._interrupted.set()

    def wait(self, seconds: float) -> None:
        """Wait for `seconds`, or raise JobInterrupted as soon as the work should stop."""
        if self._interrupted.wait(seconds) and self._interruption:
            raise self._interruption
