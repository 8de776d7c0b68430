"""The bins of a histogram: edges at round numbers, or one bin per whole number where there are few."""

from __future__ import annotations

import math
from dataclasses import dataclass

AIM = 12
WHOLE_NUMBERS = 20
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is known of the values of a dimension before they are put into bins."""

    count: int
    broken: int
    low: float
    high: float
    mean: float


def edges(amounts: Amounts, minimum: float | None, maximum: float | None) -> tuple[float, ...]:
    """The edges of the bins, at least two; a bin holds its lower edge, and the last one both.

    The declared range of the dimension is covered where the values keep to it, so that an unused end is seen.
    """
    low = amounts.low if minimum is None else min(minimum, amounts.low)
    high = amounts.high if maximum is None else max(maximum, amounts.high)
    if (
        not amounts.broken
        and float(low).is_integer()
        and float(high).is_integer()
        and high - low <= WHOLE_NUMBERS
    ):
        return tuple(number - 0.5 for number in range(int(low), int(high) + 2))
    if low == high:
        return (low, high)
    step = _step((high - low) / AIM)
    first, last = math.floor(low / step), math.ceil(high / step)
    return tuple(float(f"{number * step:.12g}") for number in range(first, last + 1))


def _step(width: float) -> float:
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in STEPS if step * power >= width * (1 - 1e-9))
