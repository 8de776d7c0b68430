"""What operators watch: how many tasks, labels, rewards, jobs and faults there are, read from the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from rlflow_core.models import (
    AgentOutput,
    Feedback,
    Job,
    PluginFailure,
    Task,
    TaskAssignment,
    TaskItem,
    User,
    db_later,
    db_now,
)
from rlflow_core.services.job_delivery import SWEEP_ROW_ID, is_note

REWARD_BOUNDS = (-2.0, -1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 100.0)
SECOND_BOUNDS = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
WINDOWS: Mapping[str, int] = {"1h": 3600, "24h": 86400}

Counts = Mapping[tuple[str, ...], int]
"""Numbers of rows by the values of some columns."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many values there are at or below each bound, how many at all, and their sum."""

    bounds: Sequence[float]
    at_most: Sequence[int]
    count: int
    total: float


@dataclass(frozen=True, slots=True)
class Readings:
    """One look at the whole instance."""

    tasks: Counts
    outputs: Counts
    users: Counts
    assignments: Counts
    feedback: Counts
    queue_items: Counts
    queue_places: int
    active_annotators: Counts
    rewards: Mapping[tuple[str, ...], Distribution]
    seconds: Distribution
    quality: tuple[int, float]
    jobs: Counts
    oldest_job_seconds: Mapping[tuple[str, ...], float]
    worker_seen_at: datetime | None
    plugin_errors: Counts


def read(session: Session) -> Readings:
    """All numbers; none of them names a person, and none is by project, so that there are few."""
    standing = Feedback.state == "standing"
    rewards = _distributions(Feedback.reward_scalar, REWARD_BOUNDS, Task.type).join(
        Task, Task.id == Feedback.task_id
    )
    seconds = _distributions(Feedback.active_ms, [bound * 1000 for bound in SECOND_BOUNDS])
    quality = session.execute(
        select(func.count(Feedback.quality_score), func.sum(Feedback.quality_score)).where(standing)
    ).one()
    return Readings(
        tasks=_counts(session, Task.type, Task.status),
        outputs=_counts(session, func.coalesce(AgentOutput.provider, "")),
        users=_counts(session, User.role, where=and_(User.kind == "human", User.disabled_at.is_(None))),
        assignments=_counts(session, TaskAssignment.purpose, TaskAssignment.state),
        feedback=_counts(session, Feedback.source),
        queue_items=_counts(session, _queue_state(), where=TaskItem.places_left > 0),
        queue_places=_queue_places(session),
        active_annotators={(name,): _active(session, window) for name, window in WINDOWS.items()},
        rewards=_read_distributions(session, rewards.where(standing), REWARD_BOUNDS),
        seconds=_in_seconds(_read_distributions(session, seconds.where(standing), SECOND_BOUNDS)),
        quality=(quality[0], float(quality[1] or 0)),
        jobs=_counts(session, Job.kind, Job.queue, Job.state, where=~is_note()),
        oldest_job_seconds=_oldest_jobs(session),
        worker_seen_at=session.scalar(select(Job.heartbeat_at).where(Job.id == SWEEP_ROW_ID)),
        plugin_errors=_counts(
            session, PluginFailure.plugin, PluginFailure.kind, PluginFailure.key, PluginFailure.hook
        ),
    )


def _counts(
    session: Session, *columns: ColumnElement[Any] | InstrumentedAttribute[Any], where: Any = True
) -> Counts:
    rows = session.execute(select(*columns, func.count()).where(where).group_by(*columns))
    return {tuple(str(value) for value in row[:-1]): row[-1] for row in rows}


def _queue_state() -> ColumnElement[str]:
    return case((TaskItem.parked_at.is_not(None), "parked"), else_="open")


def _queue_places(session: Session) -> int:
    places = select(func.coalesce(func.sum(TaskItem.places_left), 0))
    return int(session.scalar(places.where(TaskItem.places_left > 0, TaskItem.parked_at.is_(None))) or 0)


def _active(session: Session, seconds: int) -> int:
    count = select(func.count(Feedback.annotator_id.distinct()))
    recent = Feedback.created_at >= db_later(-seconds)
    return session.scalar(count.where(Feedback.source != "import", recent)) or 0


def _distributions(
    value: InstrumentedAttribute[Any], bounds: Sequence[float], *by: InstrumentedAttribute[Any]
) -> Select[Any]:
    at_most = [func.count(case((value <= bound, 1))) for bound in bounds]
    return (
        select(*by, *at_most, func.count(value), func.sum(value))
        .select_from(Feedback)
        .where(value.is_not(None))
        .group_by(*by)
    )


def _read_distributions(
    session: Session, query: Select[Any], bounds: Sequence[float]
) -> dict[tuple[str, ...], Distribution]:
    return {
        tuple(row[: -len(bounds) - 2]): Distribution(
            bounds, tuple(row[-len(bounds) - 2 : -2]), row[-2], float(row[-1] or 0)
        )
        for row in session.execute(query)
    }


def _in_seconds(found: Mapping[tuple[str, ...], Distribution]) -> Distribution:
    milliseconds = found.get((), Distribution(SECOND_BOUNDS, (0,) * len(SECOND_BOUNDS), 0, 0.0))
    return Distribution(SECOND_BOUNDS, milliseconds.at_most, milliseconds.count, milliseconds.total / 1000)


def _oldest_jobs(session: Session) -> dict[tuple[str, ...], float]:
    now = session.scalars(select(db_now())).one()
    waiting = select(Job.queue, func.min(Job.not_before)).where(
        Job.state == "queued", Job.not_before <= db_now()
    )
    rows = session.execute(waiting.group_by(Job.queue))
    return {(queue,): max(0.0, (now - since).total_seconds()) for queue, since in rows}
