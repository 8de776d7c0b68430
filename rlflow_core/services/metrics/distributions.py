"""What was answered: per dimension how often each label, rank, step or amount was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, Row, Subquery, and_, case, cast, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, SignalRow
from rlflow_core.plugin_api import Dimension, ProjectDimension
from rlflow_core.services.metrics.bins import Amounts, edges
from rlflow_core.services.metrics.scope import Scope

FREE_TEXT = ("text", "revision")
WHOLE_VALUES = ("preference", "rank", "step")
HISTOGRAMS = 60
"""How many histograms are made at once; who looks at more dimensions looks at one project at a time."""
LARGEST = 1e100
"""Amounts beyond are left out: their squares are no numbers."""
TOO_MANY = f"Histograms are made of {HISTOGRAMS} dimensions at once. Ask for one project."

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """How often a label (with this strength), rank or step was given; `value` is null where there is only a label."""

    label: str | None
    value: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Bin:
    """How many amounts lie from `low` up to below `high`; the last bin holds its `high` too."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """All answers on one dimension: counted `answers`, or `bins` with the moments of amounts."""

    project: str
    schema: str
    dimension: str
    kind: str
    level: str | None
    count: int
    answers: tuple[Answer, ...] = ()
    bins: tuple[Bin, ...] = ()
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    deviation: float | None = None
    reason: str | None = None


def distributions(
    session: Session, scope: Scope, known: Sequence[ProjectDimension] = ()
) -> tuple[Distribution, ...]:
    """What the standing votes of the period say, in two queries; `known` dimensions show labels nobody gave."""
    named = {(one.schema, one.dimension.name): one.dimension for one in known}
    grouped: dict[tuple[Place, str], list[Row[Any]]] = {}
    signals = _signals(scope)
    for row in session.execute(_answers(signals)):
        grouped.setdefault(((row.project_id, row.schema, row.dimension), row.kind), []).append(row)
    amounts = {place: _amounts(rows) for (place, kind), rows in grouped.items() if kind == "scalar"}
    wanted = {
        place: edges(found, *_range(named.get(place[1:])))
        for place, found in list(amounts.items())[:HISTOGRAMS]
        if found.count
    }
    filled = _fill(session, signals, wanted, amounts) if wanted else {}
    made = []
    for (place, kind), rows in grouped.items():
        dimension = named.get(place[1:])
        if place in amounts and kind == "scalar":
            made.append(
                _histogram(place, dimension, amounts[place], wanted.get(place), filled.get(place, {}))
            )
        else:
            made.append(_counted(place, kind, dimension, rows))
    return tuple(made)


def _signals(scope: Scope) -> Subquery:
    is_whole = SignalRow.kind.in_(WHOLE_VALUES)
    return (
        scope.signals()
        .add_columns(
            Feedback.project_id,
            SignalRow.schema,
            SignalRow.dimension,
            SignalRow.kind,
            SignalRow.label,
            case((is_whole, cast(func.round(SignalRow.value), Integer))).label("strength"),
            case((SignalRow.value.between(-LARGEST, LARGEST), SignalRow.value)).label("amount"),
        )
        .where(scope.within(Feedback.created_at), SignalRow.kind.not_in(FREE_TEXT))
        .subquery()
    )


def _answers(signals: Subquery) -> Any:
    columns = signals.c
    place = (columns.project_id, columns.schema, columns.dimension, columns.kind)
    is_broken = columns.amount != cast(func.round(columns.amount), Float(53))
    return (
        select(
            *place,
            columns.label,
            columns.strength,
            func.count().label("n"),
            func.count(columns.amount).label("amounts"),
            func.count(case((is_broken, 1))).label("broken"),
            func.min(columns.amount).label("low"),
            func.max(columns.amount).label("high"),
            func.avg(columns.amount).label("mean"),
        )
        .group_by(*place, columns.label, columns.strength)
        .order_by(*place, columns.label, columns.strength)
    )


def _amounts(rows: Sequence[Row[Any]]) -> Amounts:
    """The rows of a scalar dimension as one; there are several only where its signals carry labels too."""
    filled = [row for row in rows if row.amounts]
    count = sum(row.amounts for row in filled)
    if not count:
        return Amounts(0, 0, 0.0, 0.0, 0.0)
    return Amounts(
        count=count,
        broken=sum(row.broken for row in filled),
        low=min(row.low for row in filled),
        high=max(row.high for row in filled),
        mean=sum(row.mean * (row.amounts / count) for row in filled),
    )


def _range(dimension: Dimension | None) -> tuple[float | None, float | None]:
    return (None, None) if dimension is None else (dimension.minimum, dimension.maximum)


def _fill(
    session: Session,
    signals: Subquery,
    wanted: Mapping[Place, tuple[float, ...]],
    amounts: Mapping[Place, Amounts],
) -> dict[Place, dict[int, tuple[int, float]]]:
    """Per place and bin how many amounts it holds, and the sum of their squared distances from the mean."""
    columns = signals.c
    places = {place: _is_at(signals, place) for place in wanted}
    number = case(*((places[place], _bin_of(columns.amount, found)) for place, found in wanted.items()))
    mean = case(*((places[place], amounts[place].mean) for place in wanted))
    binned = (
        select(
            columns.project_id,
            columns.schema,
            columns.dimension,
            number.label("bin"),
            ((columns.amount - mean) * (columns.amount - mean)).label("square"),
        )
        .where(columns.kind == "scalar", columns.amount.is_not(None))
        .subquery()
    )
    at = (binned.c.project_id, binned.c.schema, binned.c.dimension, binned.c.bin)
    filled: dict[Place, dict[int, tuple[int, float]]] = {}
    rows = session.execute(
        select(*at, func.count(), func.sum(binned.c.square)).where(binned.c.bin.is_not(None)).group_by(*at)
    )
    for project_id, schema, dimension, bin_number, count, squares in rows:
        filled.setdefault((project_id, schema, dimension), {})[bin_number] = (count, squares)
    return filled


def _is_at(signals: Subquery, place: Place) -> ColumnElement[bool]:
    project_id, schema, dimension = place
    return and_(
        signals.c.project_id == project_id, signals.c.schema == schema, signals.c.dimension == dimension
    )


def _bin_of(amount: ColumnElement[float], found: tuple[float, ...]) -> ColumnElement[int]:
    inner = found[1:-1]
    if not inner:
        return cast(0, Integer)
    return case(*((amount < edge, number) for number, edge in enumerate(inner)), else_=len(inner))


def _histogram(
    place: Place,
    dimension: Dimension | None,
    amounts: Amounts,
    found: tuple[float, ...] | None,
    filled: Mapping[int, tuple[int, float]],
) -> Distribution:
    project_id, schema, name = place
    level = dimension.level if dimension else None
    if not amounts.count:
        return Distribution(project_id, schema, name, "scalar", level, 0)
    squares = sum(square for _, square in filled.values())
    return Distribution(
        project=project_id,
        schema=schema,
        dimension=name,
        kind="scalar",
        level=level,
        count=amounts.count,
        bins=tuple(
            Bin(low, high, filled.get(number, (0, 0.0))[0])
            for number, (low, high) in enumerate(zip(found or (), (found or ())[1:], strict=False))
        ),
        low=amounts.low,
        high=amounts.high,
        mean=amounts.mean,
        deviation=(squares / amounts.count) ** 0.5 if found else None,
        reason=None if found else TOO_MANY,
    )


def _counted(place: Place, kind: str, dimension: Dimension | None, rows: Sequence[Row[Any]]) -> Distribution:
    project_id, schema, name = place
    answers = [Answer(row.label, row.strength, row.n) for row in rows]
    given = {answer.label for answer in answers}
    if dimension is not None:
        answers += [Answer(label, None, 0) for label in dimension.labels if label not in given]
    return Distribution(
        project=project_id,
        schema=schema,
        dimension=name,
        kind=kind,
        level=dimension.level if dimension else None,
        count=sum(row.n for row in rows),
        answers=tuple(answers),
    )
