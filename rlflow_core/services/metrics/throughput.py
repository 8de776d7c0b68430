"""Labels over time: how many came in each hour, day or month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback
from rlflow_core.services.metrics.period import KEY_LENGTH, Bucket, key, span_of
from rlflow_core.services.metrics.scope import Scope, utc_text


@dataclass(frozen=True, slots=True)
class Point:
    """The labels of one bucket, which starts at `at`; `imported` of them came with files."""

    at: datetime
    labels: int
    imported: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """Labels per bucket in UTC, empty buckets included; `earlier` counts the labels before the first bucket."""

    bucket: Bucket
    labels: int
    imported: int
    earlier: int
    points: tuple[Point, ...]


def throughput(session: Session, scope: Scope, now: datetime) -> Throughput:
    """The standing votes of the period by when they were given, in two queries."""
    at = Feedback.created_at
    first, last, earlier = session.execute(
        scope.votes().add_columns(func.min(at), func.max(at), func.count(case((scope.before(at), 1))))
    ).one()
    span = span_of(scope.period, first, last, now)
    if span is None:
        return Throughput(scope.period.bucket or "day", 0, 0, earlier, ())
    labeled = (
        scope.votes()
        .add_columns(func.substr(utc_text(at), 1, KEY_LENGTH[span.bucket]).label("bucket"), Feedback.source)
        .where(scope.within(at))
        .subquery()
    )
    counted = {
        found: (labels, imported)
        for found, labels, imported in session.execute(
            select(
                labeled.c.bucket, func.count(), func.count(case((labeled.c.source == "import", 1)))
            ).group_by(labeled.c.bucket)
        )
    }
    points = tuple(Point(start, *counted.get(key(start, span.bucket), (0, 0))) for start in span.starts())
    return Throughput(
        bucket=span.bucket,
        labels=sum(labels for labels, _ in counted.values()),
        imported=sum(imported for _, imported in counted.values()),
        earlier=earlier,
        points=points,
    )
