"""The kinds of job: each is one module of this package whose handler registers itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from rlflow_core.jobs.context import JobContext

# Every module of this package that registers a handler; a new kind of job is a new module and a line here.
MODULES: tuple[str, ...] = (
    "rlflow_core.jobs.assign",
    "rlflow_core.jobs.export",
    "rlflow_core.jobs.export_finished",
    "rlflow_core.jobs.feedback_submitted",
    "rlflow_core.jobs.generate",
    "rlflow_core.jobs.generation_finished",
    "rlflow_core.jobs.imports",
    "rlflow_core.jobs.notify",
    "rlflow_core.jobs.score",
    "rlflow_core.jobs.task_opened",
)

QUEUES = ("default", "llm", "export")

Handler = Callable[[JobContext], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: `handler` does the work of one job and returns what the job row keeps as its result."""

    kind: str
    queue: str
    handler: Handler


class UnknownJobKind(LookupError):
    """No handler is registered for a kind of job; the text lists those that are."""


_kinds: dict[str, JobKind] = {}


def job(kind: str, *, queue: str = "default") -> Callable[[Handler], Handler]:
    """Register the decorated function for jobs of `kind`; it must stand being run twice with the same row."""
    if queue not in QUEUES:
        raise ValueError(f"Job kind {kind!r} names queue {queue!r}. There are: {', '.join(QUEUES)}.")

    def register(handler: Handler) -> Handler:
        known = _kinds.get(kind)
        if known and known.handler.__module__ != handler.__module__:
            raise ValueError(
                f"Job kind {kind!r} is registered by {known.handler.__module__} and {handler.__module__}."
            )
        _kinds[kind] = JobKind(kind, queue, handler)
        return handler

    return register


def load() -> None:
    """Import every module of MODULES, so that its handler is registered."""
    for name in MODULES:
        import_module(name)


def job_kind(kind: str) -> JobKind:
    """The registered kind, or UnknownJobKind."""
    try:
        return _kinds[kind]
    except KeyError:
        raise UnknownJobKind(
            f"This worker has no handler for jobs of kind {kind!r}. There are: {sorted(_kinds)}."
        ) from None


def job_kinds() -> tuple[JobKind, ...]:
    """All registered kinds, by name."""
    return tuple(_kinds[kind] for kind in sorted(_kinds))
