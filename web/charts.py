"""The geometry of charts drawn on the server, so that they show without JavaScript and print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlflow_web.formats import number

WIDTH = 364.0
LEFT = 40.0
RIGHT = 356.0
TOP = 10.0
BELOW = 20.0
TICKS_AT_MOST = 5
WEEK = (328.0, 112.0)
WEEK_TICKS = 3
SPARK = (104.0, 24.0)
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it stands, and what it says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The field of a chart with its axes, in units of the viewBox."""

    height: float
    base: float
    across: tuple[Tick, ...]
    along: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Counts side by side."""

    frame: Frame
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two counts per label, an earlier and a later one; `width` is that of the viewBox."""

    frame: Frame
    width: float
    earlier: tuple[Column, ...]
    later: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, as the `d` of a path."""

    frame: Frame
    path: str
    forecast: str
    goal: float | None


def columns(counts: Sequence[int], labels: Sequence[str], height: float = 110.0) -> Columns:
    """One column per count; as many labels below as there is room for."""
    top = axis_top(max(counts, default=0))
    frame = _frame(top, labels, height)
    step = (RIGHT - LEFT) / max(1, len(counts))
    return Columns(
        frame,
        tuple(
            Column(
                x=round(LEFT + step * (place + 0.12), 2),
                y=round(_y(count, top, frame.base), 2),
                width=round(step * 0.76, 2),
                height=round(frame.base - _y(count, top, frame.base), 2),
                label=label,
                count=count,
            )
            for place, (count, label) in enumerate(zip(counts, labels, strict=True))
        ),
    )


def spark(counts: Sequence[int], labels: Sequence[str]) -> tuple[Column, ...]:
    """One small column per count, without axes; what is not nothing can be seen."""
    width, height = SPARK
    step, room = width / max(1, len(counts)), height - 2
    most = max(counts, default=0) or 1
    tall = [max(1.0, round(room * count / most, 2)) if count else 0.0 for count in counts]
    return tuple(
        Column(
            round(step * place, 2), height - 1 - tall[place], round(step * 0.78, 2), tall[place], label, count
        )
        for place, (count, label) in enumerate(zip(counts, labels, strict=True))
    )


def pairs(earlier: Sequence[int], later: Sequence[int], labels: Sequence[str]) -> Pairs:
    """Two columns per label, side by side; `later` may end before `earlier` does."""
    width, height = WEEK
    top = axis_top(max([*earlier, *later], default=0), WEEK_TICKS)
    step = (width - LEFT) / max(1, len(labels))
    along = tuple(Tick(round(LEFT + step * (n + 0.5), 2), label) for n, label in enumerate(labels))
    frame = Frame(height, height - BELOW, _across(top, height - BELOW, WEEK_TICKS), along)

    def stand(counts: Sequence[int], shift: float) -> tuple[Column, ...]:
        return tuple(
            Column(
                x=round(LEFT + step * (place + shift), 2),
                y=round(_y(count, top, frame.base), 2),
                width=round(step * 0.33, 2),
                height=round(frame.base - _y(count, top, frame.base), 2),
                label=labels[place],
                count=count,
            )
            for place, count in enumerate(counts)
        )

    return Pairs(frame, width, stand(earlier, 0.16), stand(later, 0.51))


def line(
    values: Sequence[float], labels: Sequence[str], goal: int | None, ahead: int, height: float = 150.0
) -> Line:
    """A line to the last value, and on to `goal` over `ahead` further places where that is to be expected."""
    top = axis_top(max([*values, goal or 0], default=0))
    frame = _frame(top, labels, height)
    step = (RIGHT - LEFT) / max(1, len(labels) - 1)
    points = [(LEFT + step * place, _y(value, top, frame.base)) for place, value in enumerate(values)]
    forecast = ""
    if ahead and goal and points:
        x, y = points[-1]
        forecast = f"M{x:.1f} {y:.1f}L{x + step * ahead:.1f} {_y(goal, top, frame.base):.1f}"
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) if points else ""
    return Line(frame, path, forecast, _y(goal, top, frame.base) if goal else None)


def axis_top(most: float, ticks: int = TICKS_AT_MOST) -> int:
    """The round number at which an axis with so many steps ends."""
    step = _step(most, ticks)
    return max(step, -(-int(-(-most // 1)) // step) * step)


def _step(most: float, ticks: int) -> int:
    power = 1
    while True:
        for factor in STEPS:
            if most / (factor * power) <= ticks:
                return factor * power
        power *= 10


def _frame(top: int, labels: Sequence[str], height: float) -> Frame:
    base = height - BELOW
    return Frame(height, base, _across(top, base, TICKS_AT_MOST), _along(labels))


def _across(top: int, base: float, ticks: int) -> tuple[Tick, ...]:
    steps = range(0, top + 1, _step(top, ticks))
    return tuple(Tick(round(_y(value, top, base), 2), number(value)) for value in steps)


def _along(labels: Sequence[str]) -> tuple[Tick, ...]:
    """At most five labels, the first and the last among them."""
    if not labels:
        return ()
    step = (RIGHT - LEFT) / len(labels)
    shown = sorted({round(part * (len(labels) - 1) / 4) for part in range(5)})
    return tuple(Tick(round(LEFT + step * (place + 0.5), 2), labels[place]) for place in shown)


def _y(value: float, top: int, base: float) -> float:
    return base - (base - TOP) * value / top
