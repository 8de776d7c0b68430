"""Cohen's kappa of every two raters, from their joint counts.

Source: J. Cohen (1960), "A Coefficient of Agreement for Nominal Scales", Educational and Psychological
Measurement 20, 37-46: kappa = (po - pe) / (1 - pe), over the units that both rated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rlflow_plugins.scorers.agreement.ratings import Floats, Ints, Ratings

NO_SHARED_UNIT = "They rated no unit in common."
NO_VARIATION = "Both gave one and the same category throughout."


@dataclass(frozen=True, slots=True)
class PairKappa:
    """Kappa of raters `a` and `b` over the `n` units both rated; None with the reason where undefined."""

    a: str
    b: str
    kappa: float | None
    n: int
    reason: str | None = None


def pairwise_kappas(ratings: Ratings) -> list[PairKappa]:
    """Kappa of every two raters with a unit in common, in the order of their names."""
    categories, codes = np.unique(ratings.values, return_inverse=True)
    pairs, left, right, counts = _joint_counts(ratings, codes, categories.size)
    known, place = np.unique(pairs, return_inverse=True)
    n = np.bincount(place, weights=counts, minlength=known.size)
    agreeing = np.bincount(place, weights=counts * (left == right), minlength=known.size)
    chance = _chance_products(place, left, right, counts, known.size, categories.size)
    firsts, seconds = np.divmod(known, max(len(ratings.names), 1))
    return [
        _kappa((ratings.names[firsts[at]], ratings.names[seconds[at]]), int(n[at]), agreeing[at], chance[at])
        for at in range(known.size)
    ]


def pairs_apart(names: Sequence[str], shared: Sequence[PairKappa]) -> Iterator[PairKappa]:
    """Every two of `names` that `shared` lacks, because they rated no unit in common."""
    met = {(pair.a, pair.b) for pair in shared}
    return (PairKappa(a, b, None, 0, NO_SHARED_UNIT) for a, b in combinations(names, 2) if (a, b) not in met)


def _kappa(names: tuple[str, str], n: int, agreeing: float, chance: float) -> PairKappa:
    """Kappa from the units, the agreements, and the sum over categories of the products of both margins."""
    # n² times (1 - pe), in whole numbers, so that "undefined" is exact.
    room = float(n) * n - chance
    if room == 0:
        return PairKappa(*names, None, n, NO_VARIATION)
    return PairKappa(*names, (agreeing * n - chance) / room, n)


def _joint_counts(ratings: Ratings, codes: Ints, width: int) -> tuple[Ints, Ints, Ints, Floats]:
    """How often each two raters (as one number) gave which two categories to one unit."""
    keys, counts = [np.empty(0, np.int64)], [np.empty(0, np.float64)]
    for rows, later in _rows_of_pairs(ratings.units):
        pairs = ratings.raters[rows] * len(ratings.names) + ratings.raters[later]
        found, times = np.unique((pairs * width + codes[rows]) * width + codes[later], return_counts=True)
        keys.append(found)
        counts.append(times.astype(np.float64))
    joint, which = np.unique(np.concatenate(keys), return_inverse=True)
    total = np.bincount(which, weights=np.concatenate(counts), minlength=joint.size).astype(np.float64)
    cells = width * width or 1
    return joint // cells, joint % cells // (width or 1), joint % (width or 1), total


def _rows_of_pairs(units: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Every two rows of one unit, given that rows are sorted by unit; each step holds at most one per row."""
    offset = 1
    while True:
        rows = np.flatnonzero(units[offset:] == units[:-offset])
        if not rows.size:
            return
        yield rows, rows + offset
        offset += 1


def _chance_products(place: Ints, left: Ints, right: Ints, counts: Floats, pairs: int, width: int) -> Floats:
    """Per pair of raters the sum over categories of the product of how often each used it."""
    width = max(width, 1)
    left_keys, left_at = np.unique(place * width + left, return_inverse=True)
    right_keys, right_at = np.unique(place * width + right, return_inverse=True)
    left_sums = np.bincount(left_at, weights=counts, minlength=left_keys.size)
    right_sums = np.bincount(right_at, weights=counts, minlength=right_keys.size)
    both, in_left, in_right = np.intersect1d(left_keys, right_keys, assume_unique=True, return_indices=True)
    products = left_sums[in_left] * right_sums[in_right]
    return np.bincount(both // width, weights=products, minlength=pairs).astype(np.float64)
