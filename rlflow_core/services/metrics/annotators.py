"""What each annotator did: labels, time, skips, quality; under the name they have in the project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, Subquery, case, cast, func, or_, select
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, ProjectMember, TaskAssignment
from rlflow_core.services.metrics.scope import Scope, whole


@dataclass(frozen=True, slots=True)
class Annotator:
    """One annotator in one project and period.

    `seconds` adds up and `median_seconds` halves the `timed` labels for which a time is known; `skip_share` is of
    what they submitted or skipped; `quality` is the mean quality score of `scored` labels.
    """

    project: str
    pseudonym: str
    labels: int
    timed: int
    seconds: float
    median_seconds: float | None
    skipped: int
    skip_share: float | None
    scored: int
    quality: float | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Times:
    """How long labels took: all together, and in the middle; of the `timed` labels for which a time is known."""

    timed: int
    seconds: float
    median_seconds: float | None


def annotators(session: Session, scope: Scope) -> tuple[Annotator, ...]:
    """Everybody who submitted or skipped in the period, most labels first; in two queries."""
    worked = _worked(scope)
    of_member = (ProjectMember.project_id == worked.c.project_id) & (
        ProjectMember.user_id == worked.c.annotator_id
    )
    rows = session.execute(
        select(worked, ProjectMember.pseudonym)
        .outerjoin(ProjectMember, of_member)
        .order_by(worked.c.labels.desc(), ProjectMember.pseudonym)
    )
    middles = _middles(session, scope)
    return tuple(_annotator(row, middles.get((row.project_id, row.annotator_id))) for row in rows)


def times(session: Session, scope: Scope) -> Times:
    """How long the labels of the period took."""
    timed = _timed(scope).subquery()
    ordered = select(
        timed.c.ms,
        func.row_number().over(order_by=timed.c.ms).label("place"),
        func.count().over().label("many"),
    ).subquery()
    count, total, middle = session.execute(
        select(func.count(), whole(ordered.c.ms), func.avg(case((_is_middle(ordered), ordered.c.ms))))
    ).one()
    return Times(count, total / 1000, None if middle is None else float(middle) / 1000)


def _worked(scope: Scope) -> Subquery:
    """One row per annotator and project: their votes that ended in the period."""
    is_label = Feedback.state == "standing"
    milliseconds = func.coalesce(Feedback.active_ms, Feedback.wall_ms)
    is_skip = TaskAssignment.state == "skipped"
    ended = or_(
        is_label & scope.within(Feedback.created_at), is_skip & scope.within(TaskAssignment.assigned_at)
    )
    return (
        select(
            TaskAssignment.project_id,
            TaskAssignment.annotator_id,
            func.count(case((is_label, 1))).label("labels"),
            func.count(case((is_label, milliseconds))).label("timed"),
            whole(case((is_label, milliseconds))).label("milliseconds"),
            func.count(case((is_skip, 1))).label("skipped"),
            func.count(case((is_label, Feedback.quality_score))).label("scored"),
            func.avg(case((is_label, Feedback.quality_score))).label("quality"),
            func.max(func.coalesce(TaskAssignment.completed_at, TaskAssignment.assigned_at)).label("seen"),
        )
        .outerjoin(Feedback, Feedback.assignment_id == TaskAssignment.id)
        .where(scope.of(TaskAssignment.project_id), TaskAssignment.purpose == "vote", ended)
        .group_by(TaskAssignment.project_id, TaskAssignment.annotator_id)
        .subquery()
    )


def _middles(session: Session, scope: Scope) -> dict[tuple[str, str], float]:
    timed = _timed(scope).subquery()
    theirs = (timed.c.project_id, timed.c.annotator_id)
    ordered = select(
        timed,
        func.row_number().over(partition_by=theirs, order_by=timed.c.ms).label("place"),
        func.count().over(partition_by=theirs).label("many"),
    ).subquery()
    rows = session.execute(
        select(ordered.c.project_id, ordered.c.annotator_id, cast(func.avg(ordered.c.ms), Float))
        .where(_is_middle(ordered))
        .group_by(ordered.c.project_id, ordered.c.annotator_id)
    )
    return {(project_id, annotator_id): middle / 1000 for project_id, annotator_id, middle in rows}


def _timed(scope: Scope) -> Any:
    milliseconds = func.coalesce(Feedback.active_ms, Feedback.wall_ms)
    return (
        scope.votes()
        .add_columns(Feedback.project_id, Feedback.annotator_id, milliseconds.label("ms"))
        .where(scope.within(Feedback.created_at), milliseconds.is_not(None))
    )


def _is_middle(ordered: Subquery) -> ColumnElement[bool]:
    """The one value in the middle, or the two around it."""
    return or_(ordered.c.place == (ordered.c.many + 1) // 2, ordered.c.place == (ordered.c.many + 2) // 2)


def _annotator(row: Any, median_seconds: float | None) -> Annotator:
    ended = row.labels + row.skipped
    return Annotator(
        project=row.project_id,
        pseudonym=row.pseudonym or "annotator-left",
        labels=row.labels,
        timed=row.timed,
        seconds=row.milliseconds / 1000,
        median_seconds=median_seconds,
        skipped=row.skipped,
        skip_share=row.skipped / ended if ended else None,
        scored=row.scored,
        quality=None if row.quality is None else float(row.quality),
        last_seen=row.seen,
    )
