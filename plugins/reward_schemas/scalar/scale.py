"""The points of a rating scale, exact in decimals, and the keys that stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MAX_BUTTONS = 11
"""With more points than this a scale is a slider and a number field."""

DIGITS = "1234567890"
ELEVENTH_KEY = "x"
SLACK = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a scale as the widget shows it: posted value, text, key and the words at it."""

    value: str
    text: str
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """From `minimum` to `maximum` in steps."""

    minimum: Decimal
    maximum: Decimal
    step: Decimal

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Scale:
        """The scale that a config states."""
        return cls(*(Decimal(str(config[name])) for name in ("minimum", "maximum", "step")))

    @property
    def steps(self) -> Decimal:
        """How many steps lie between the ends; a whole number where the step fits."""
        return (self.maximum - self.minimum) / self.step

    def place(self, value: float) -> float | None:
        """The point at `value`, free of binary rounding; None where there is no point."""
        steps = (Decimal(str(value)) - self.minimum) / self.step
        nearest = steps.to_integral_value()
        if abs(steps - nearest) > SLACK or not 0 <= nearest <= self.steps:
            return None
        return float(self.minimum + nearest * self.step)

    def points(self, labels: Mapping[float, str]) -> tuple[Point, ...]:
        """The points of a short scale from the lowest up; none where there are too many for buttons."""
        if self.steps >= MAX_BUTTONS:
            return ()
        values = [self.minimum + number * self.step for number in range(int(self.steps) + 1)]
        return tuple(
            Point(plain(value), written(value), key, labels.get(float(value), ""))
            for value, key in zip(values, _keys(values), strict=True)
        )


def plain(value: Decimal | float) -> str:
    """`value` as a form posts it: no exponent, no zeros at the end."""
    # Adding 0 takes the sign from a negative zero.
    return format(Decimal(str(value)).normalize() + 0, "f")


def written(value: Decimal | float) -> str:
    """`value` as people read it, with a true minus sign."""
    return plain(value).replace("-", "−")


def _keys(values: list[Decimal]) -> list[str]:
    """A digit that is the value where all values are such; else the first point is 1, the tenth 0, the eleventh X."""
    numbers = [int(value) for value in values]
    if numbers == values and numbers[0] >= 0 and numbers[-1] <= 10:
        ten = "0" if numbers[0] else ELEVENTH_KEY
        return [ten if number == 10 else str(number) for number in numbers]
    return [*DIGITS, ELEVENTH_KEY][: len(values)]
