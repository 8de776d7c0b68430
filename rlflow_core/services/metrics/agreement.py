"""How far annotators agree: the newest scores about projects, or the reasons why there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from rlflow_core.models import ScoreRow
from rlflow_core.services.metrics.scope import Scope


@dataclass(frozen=True, slots=True)
class ProjectScore:
    """One score of a project: its value, or the reason why there is none; `basis` says what it was computed from."""

    project: str
    scorer: str
    metric: str
    dimension: str
    value: float | None
    reason: str | None
    basis: Mapping[str, int | float | str]
    computed_at: datetime


def agreement(session: Session, scope: Scope) -> tuple[ProjectScore, ...]:
    """All scores about the projects as wholes."""
    return _read(session, scope)


def agreement_by(
    session: Session, scope: Scope, scorers: Sequence[str], metric: str
) -> tuple[ProjectScore, ...]:
    """The scores of one metric by the scorers of these keys; labels have scores too, and these are not read."""
    return _read(session, scope, ScoreRow.scorer.in_(scorers), ScoreRow.metric == metric)


def _read(session: Session, scope: Scope, *conditions: ColumnElement[bool]) -> tuple[ProjectScore, ...]:
    rows = session.execute(
        select(
            ScoreRow.project_id,
            ScoreRow.scorer,
            ScoreRow.metric,
            ScoreRow.dimension,
            ScoreRow.value,
            ScoreRow.reason,
            ScoreRow.details,
            ScoreRow.computed_at,
        )
        .where(scope.of(ScoreRow.project_id), ScoreRow.scope == "project", *conditions)
        .order_by(ScoreRow.project_id, ScoreRow.scorer, ScoreRow.dimension, ScoreRow.metric)
    )
    return tuple(
        ProjectScore(
            row.project_id,
            row.scorer,
            row.metric,
            row.dimension,
            row.value,
            row.reason,
            _plain(row.details),
            row.computed_at,
        )
        for row in rows
    )


def _plain(details: Mapping[str, Any]) -> dict[str, int | float | str]:
    """The details that are single values; lists stay with GET /metrics/quality."""
    return {name: value for name, value in details.items() if isinstance(value, int | float | str)}
