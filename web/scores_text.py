"""How scores are arranged and put into words: one table per scorer, a line per dimension, a column per metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rlflow_core.services.metrics import LabelCount, ScoreView
from rlflow_web.formats import decimal, percent, plural

METRICS = {
    "alpha": "Krippendorff’s α",
    "kappa": "Mean Cohen’s κ",
    "percent_agreement": "Raw agreement",
}
LABELS = {"first": "First output", "second": "Second output", "tie": "Tie", "both_bad": "Both bad"}
PAIRS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Cell:
    """One score as text; `reason` says why there is no number."""

    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """The scores of one dimension; `basis` says what they were computed from."""

    dimension: str
    cells: tuple[Cell | None, ...]
    basis: str


@dataclass(frozen=True, slots=True)
class PairTable:
    """What a score lists pair by pair, at most PAIRS_SHOWN of `total`."""

    dimension: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """All scores of one scorer."""

    scorer: str
    metrics: tuple[str, ...]
    lines: tuple[ScoreLine, ...]
    pairs: tuple[PairTable, ...]
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """How often each label was given on one dimension."""

    dimension: str
    total: int
    labels: tuple[tuple[str, int], ...]


def score_tables(scores: Iterable[ScoreView]) -> list[ScoreTable]:
    """The scores, one table per scorer."""
    by_scorer: dict[str, list[ScoreView]] = {}
    for score in scores:
        by_scorer.setdefault(score.scorer, []).append(score)
    return [_table(scorer, listed) for scorer, listed in by_scorer.items()]


def label_groups(labels: Iterable[LabelCount]) -> list[LabelGroup]:
    """The label counts, grouped by dimension."""
    grouped: dict[str, list[tuple[str, int]]] = {}
    for label in labels:
        grouped.setdefault(label.dimension, []).append((LABELS.get(label.label, label.label), label.count))
    return [LabelGroup(name, sum(n for _, n in found), tuple(found)) for name, found in grouped.items()]


def _table(scorer: str, scores: list[ScoreView]) -> ScoreTable:
    metrics = list(dict.fromkeys(score.metric for score in scores))
    by_dimension: dict[str, dict[str, ScoreView]] = {}
    for score in scores:
        by_dimension.setdefault(score.dimension, {})[score.metric] = score
    return ScoreTable(
        scorer=scorer,
        metrics=tuple(_title(metric) for metric in metrics),
        lines=tuple(_line(name, metrics, found) for name, found in by_dimension.items()),
        pairs=tuple(pairs for score in scores if (pairs := _pairs(score))),
        computed_at=max(score.computed_at for score in scores),
    )


def _title(metric: str) -> str:
    return METRICS.get(metric, metric.replace("_", " ").capitalize() or "Value")


def _line(dimension: str, metrics: list[str], found: Mapping[str, ScoreView]) -> ScoreLine:
    details = next(iter(found.values())).details
    return ScoreLine(
        dimension=dimension or "–",
        cells=tuple(_cell(found[metric]) if metric in found else None for metric in metrics),
        basis=_basis(details),
    )


def _cell(score: ScoreView) -> Cell:
    if score.value is None:
        return Cell("–", score.reason or "It is not defined here.")
    return Cell(percent(score.value) if score.metric.startswith("percent") else decimal(score.value))


def _basis(details: Mapping[str, Any]) -> str:
    words = (("paired_units", "item"), ("raters", "annotator"), ("ratings", "rating"))
    return ", ".join(
        plural(details[name], word) for name, word in words if isinstance(details.get(name), int)
    )


def _pairs(score: ScoreView) -> PairTable | None:
    listed = score.details.get("pairs")
    rows = [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list) else []
    if not rows:
        return None
    columns = tuple(rows[0])
    return PairTable(
        dimension=score.dimension,
        title=_title(score.metric),
        columns=columns,
        rows=tuple(tuple(_written(row.get(name)) for name in columns) for row in rows[:PAIRS_SHOWN]),
        total=len(rows),
    )


def _written(value: object) -> str:
    if isinstance(value, float):
        return decimal(value)
    return "–" if value is None else str(value)
