"""Krippendorff's alpha in closed form, without the coincidence matrix.

Source: K. Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section D: alpha = 1 - Do / De,
for any number of raters and any gaps. The sums over pairs are written as sums over counts and squares, which
makes them linear in the number of ratings.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from rlflow_plugins.scorers.agreement.ratings import Floats, Ints

Metric = Literal["nominal", "ordinal", "interval", "ratio"]


def krippendorff_alpha(units: Ints, values: Floats, metric: Metric) -> float | None:
    """Alpha of `values`, rating `units`, each unit with two or more; None where they do not vary.

    nominal: `values` are codes of categories; ordinal: any numbers in order; interval and ratio: measurements.
    """
    _, units = np.unique(units, return_inverse=True)
    distinct, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    if distinct.size < 2:
        return None
    if metric == "nominal":
        observed, expected = _nominal(units, codes, counts)
    elif metric == "ratio":
        observed, expected = _ratio(units, values, distinct, counts)
    else:
        # The ordinal distance of two values is the interval distance of their mid-ranks.
        midranks = (np.cumsum(counts) - counts / 2)[codes]
        observed, expected = _interval(units, midranks if metric == "ordinal" else values)
    return float(1 - observed / expected)


def _nominal(units: Ints, codes: Ints, counts: Ints) -> tuple[float, float]:
    """Disagreement observed within units, and expected by chance, of categories."""
    sizes = np.bincount(units)
    cells, per_cell = np.unique(units * counts.size + codes, return_counts=True)
    agreeing = np.bincount(cells // counts.size, weights=per_cell.astype(np.float64) ** 2)
    total = float(codes.size)
    observed = np.sum((sizes.astype(np.float64) ** 2 - agreeing) / (sizes - 1)) / total
    expected = (total**2 - np.sum(counts.astype(np.float64) ** 2)) / (total * (total - 1))
    return float(observed), float(expected)


def _interval(units: Ints, values: Floats) -> tuple[float, float]:
    """Disagreement observed within units, and expected by chance, by squared differences."""
    sizes = np.bincount(units)
    # Deviations from the mean, because sums of large squares would cancel.
    values = values - values.mean()
    means = np.bincount(units, weights=values) / sizes
    squares = np.bincount(units, weights=(values - means[units]) ** 2)
    observed = 2 * np.sum(sizes * squares / (sizes - 1)) / values.size
    expected = 2 * np.sum((values - values.mean()) ** 2) / (values.size - 1)
    return float(observed), float(expected)


def _ratio(units: Ints, values: Floats, distinct: Floats, counts: Ints) -> tuple[float, float]:
    """Disagreement observed within units, and expected by chance, by squared relative differences.

    It has no closed form: the expected part takes time quadratic in the number of distinct values.
    """
    order = np.argsort(units, kind="stable")
    units, values = units[order], values[order]
    sizes = np.bincount(units)
    observed = 0.0
    for offset in range(1, int(sizes.max())):
        same = units[offset:] == units[:-offset]
        distances = _ratio_distances(values[offset:][same], values[:-offset][same])
        observed += 2 * float(np.sum(distances / (sizes[units[offset:][same]] - 1)))
    expected = sum(
        float(counts[place] * np.sum(_ratio_distances(distinct, distinct[place]) * counts))
        for place in range(distinct.size)
    )
    total = float(values.size)
    return observed / total, expected / (total * (total - 1))


def _ratio_distances(left: Floats, right: Floats | np.float64) -> Floats:
    """((l - r) / (l + r)) squared; 0 where both are 0."""
    sums = left + right
    distances: Floats = np.divide(left - right, sums, out=np.zeros(sums.shape), where=sums != 0) ** 2
    return distances
