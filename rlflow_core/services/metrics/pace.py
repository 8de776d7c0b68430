"""How fast labels are made here, and when that finishes a project; what came with a file says nothing of the pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from rlflow_core.models import Feedback, TaskAssignment, first_id_at
from rlflow_core.services.metrics.period import floor
from rlflow_core.services.metrics.scope import Scope

DAYS = 14
RATE_OVER = timedelta(days=7)
SHORTEST = timedelta(hours=1)
FURTHEST = timedelta(days=3650)
CLOCKS_APART = timedelta(hours=1)
"""How far the clock that makes ids may be from the database's."""

NOTHING_TO_JUDGE = "There is nothing to judge yet."
ALL_JUDGED = "Everything is judged."
NO_LABELS = "Nobody has labeled in the last 7 days."
TOO_FAR = "At the rate of the last 7 days it takes more than ten years."


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected finish at `per_day` labels a day, or the reason why there is none."""

    at: datetime | None
    per_day: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Pace:
    """The standing votes made here in a project that has some of the last DAYS days.

    `days` counts each of these days in UTC, today last; `recent` counts the last RATE_OVER, up to the minute. The
    first label of all was made at `since`.
    """

    days: tuple[int, ...]
    recent: int
    since: datetime


def paces(session: Session, scope: Scope, now: datetime) -> dict[str, Pace]:
    """The pace of each of the projects by id, without those where nothing was made; in one query.

    It reads what was made in these days, however much there is from before.
    """
    at, starts = Feedback.created_at, day_starts(now)
    ends = [*starts[1:], starts[-1] + timedelta(days=1)]
    of_days = [
        func.count(case(((at >= start) & (at < end), 1))) for start, end in zip(starts, ends, strict=True)
    ]
    rows = session.execute(
        scope.votes()
        .add_columns(
            Feedback.project_id,
            func.count(case((at >= now - RATE_OVER, 1))),
            case((func.min(at) < now - RATE_OVER, func.min(at)), else_=_first_of_all()),
            *of_days,
        )
        .where(made_since(starts[0]), Feedback.source != "import")
        .group_by(Feedback.project_id)
    )
    return {
        project_id: Pace(tuple(days), recent, since) for project_id, recent, since, *days in rows if any(days)
    }


def day_starts(now: datetime) -> list[datetime]:
    """The start of each of the last DAYS days in UTC, today last."""
    today = floor(now, "day")
    return [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]


def made_since(start: datetime) -> ColumnElement[bool]:
    """Whether feedback came in at `start` or later; ids sort by time, so the index of a project's ids finds it."""
    return (Feedback.id >= first_id_at(start - CLOCKS_APART)) & (Feedback.created_at >= start)


def forecast(items: int, missing: int, pace: Pace | None, now: datetime) -> Forecast:
    """When the `missing` judgements of so many items will be there, at the rate of the last week."""
    if not items:
        return Forecast(None, None, NOTHING_TO_JUDGE)
    if not missing:
        return Forecast(None, None, ALL_JUDGED)
    if pace is None or not pace.recent:
        return Forecast(None, None, NO_LABELS)
    worked = min(RATE_OVER, max(SHORTEST, now - pace.since))
    per_day = pace.recent / (worked / timedelta(days=1))
    wait = timedelta(days=1) * min(missing / per_day, FURTHEST.days + 1)
    if wait > FURTHEST:
        return Forecast(None, per_day, TOO_FAR)
    return Forecast(now + wait, per_day, None)


def together(of_projects: Mapping[str, Pace]) -> Pace | None:
    """The pace of several projects as one; None where nothing was made in any."""
    if not of_projects:
        return None
    found = list(of_projects.values())
    return Pace(
        days=tuple(map(sum, zip(*(pace.days for pace in found), strict=True))),
        recent=sum(pace.recent for pace in found),
        since=min(pace.since for pace in found),
    )


def _first_of_all() -> ColumnElement[datetime]:
    """When the first label of the row's project was made."""
    first, given = aliased(Feedback), aliased(TaskAssignment)
    return (
        select(first.created_at)
        .join(given, given.id == first.assignment_id)
        .where(
            first.project_id == Feedback.project_id,
            first.state == "standing",
            first.source != "import",
            given.purpose == "vote",
        )
        .order_by(first.id)
        .limit(1)
        .scalar_subquery()
    )
