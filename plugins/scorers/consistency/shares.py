"""How far each answer agrees with the others about the same thing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Agree = Callable[[Floats, Floats], Floats]
"""From 0 to 1 how far two answers agree, pair by pair."""

SLACK = 1e-9


def shares_of_others(units: Ints, values: Floats, agree: Agree) -> Floats:
    """Per answer its mean agreement with the other answers about its unit; NaN where there is no other."""
    _, unit_of, sizes = np.unique(units, return_inverse=True, return_counts=True)
    # The largest units first, so that each round below looks at a shrinking head of the rows.
    order = np.lexsort((unit_of, -sizes[unit_of]))
    size = sizes[unit_of][order]
    starts = np.flatnonzero(np.diff(unit_of[order], prepend=-1))
    start = np.repeat(starts, size[starts])
    place = np.arange(order.size) - start
    sorted_values, total = values[order], np.zeros(order.size)
    for shift in range(1, int(size.max(initial=0))):
        head = np.searchsorted(-size, -shift, side="left")
        other = start[:head] + (place[:head] + shift) % size[:head]
        total[:head] += agree(sorted_values[:head], sorted_values[other])
    shares: Floats = np.full(order.size, np.nan)
    shared = size > 1
    shares[order[shared]] = total[shared] / (size[shared] - 1)
    return shares


def equal(a: Floats, b: Floats) -> Floats:
    """1 where both are the same, else 0."""
    agreement: Floats = (a == b).astype(np.float64)
    return agreement


def near(tolerance: float) -> Agree:
    """1 where both are at most `tolerance` apart, else 0."""
    return lambda a, b: (np.abs(a - b) <= tolerance + SLACK).astype(np.float64)


def close(span: float) -> Agree:
    """1 where both are the same, falling evenly to 0 at a distance of `span`."""

    def agree(a: Floats, b: Floats) -> Floats:
        agreement: Floats = np.maximum(1 - np.abs(a - b) / span, 0.0)
        return agreement

    return agree


def same_order(a: Floats, b: Floats) -> Floats:
    """1 where both order a pair the same way or tie it, a half where one ties it, 0 where they order it oppositely."""
    return np.where((a == 0) & (b == 0), 1.0, (1 + a * b) / 2)
