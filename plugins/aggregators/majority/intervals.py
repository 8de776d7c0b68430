"""95 % intervals: Wilson's for shares, Student's for means."""

from __future__ import annotations

from functools import lru_cache
from math import atan, cos, pi, sin, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z = NormalDist().inv_cdf(0.975)
EXACT_DEGREES = 200


def wilson_interval(hits: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Lower and upper limit of the share `hits / n`, for n of 1 and more.

    Source: E. B. Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference", Journal
    of the American Statistical Association 22, 209-212.
    """
    share = hits / n
    weight = 1 + Z**2 / n
    centre = (share + Z**2 / (2 * n)) / weight
    half = Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / weight
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def mean_interval(mean: float, spread: float, n: int) -> tuple[float, float] | None:
    """Limits of a mean of `n` values with standard deviation `spread` (n - 1); None where n is below 2."""
    if n < 2:
        return None
    half = student_quantile(n - 1) * spread / sqrt(n)
    return mean - half, mean + half


@lru_cache(maxsize=1024)
def student_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t, to 1e-9.

    Source: M. Abramowitz, I. A. Stegun (1964), Handbook of Mathematical Functions: 26.7.3 and 26.7.4, inverted by
    bisection; 26.7.5 above 200 degrees of freedom, where its first terms suffice.
    """
    if degrees > EXACT_DEGREES:
        return _expanded_quantile(degrees)
    low, high = Z, 13.0
    while high - low > 1e-11:
        middle = (low + high) / 2
        low, high = (middle, high) if _central_probability(middle, degrees) < 0.95 else (low, middle)
    return (low + high) / 2


def _central_probability(t: float, degrees: int) -> float:
    """The probability that Student's t lies between -t and t."""
    angle = atan(t / sqrt(degrees))
    odd = degrees % 2
    term = cos(angle) if odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(3 if odd else 2, degrees - 1, 2):
        term *= cos(angle) ** 2 * (k - 1) / k
        total += term
    return (angle + sin(angle) * total) * 2 / pi if odd else sin(angle) * total


def _expanded_quantile(degrees: int) -> float:
    """The quantile by its expansion in powers of 1 / degrees."""
    return (
        Z
        + (Z**3 + Z) / (4 * degrees)
        + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * degrees**2)
        + (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / (384 * degrees**3)
    )
