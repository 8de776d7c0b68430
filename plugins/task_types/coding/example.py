"""A coding task with two answers, one of them wrong where it is easy to miss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXAMPLE_CONTENT: Mapping[str, Any] = {
    "prompt": "Complete the function. Values may repeat, and the list may be empty.",
    "expected_behavior": "Returns the two closest values, the smaller one first, and `None` for fewer than two.",
    "evaluation_criteria": "Correctness first, then edge cases such as duplicates, then clarity. Length is no merit.",
    "language": "python",
    "entry_point": "closest_pair",
    "starter_code": (
        "def closest_pair(values: list[float]) -> tuple[float, float] | None:\n"
        '    """The two values with the smallest difference, smaller one first."""\n'
    ),
    "tests": (
        "assert closest_pair([]) is None\n"
        "assert closest_pair([4.0, 1.0, 3.5]) == (3.5, 4.0)\n"
        "assert closest_pair([2.0, 7.0, 2.0]) == (2.0, 2.0)\n"
    ),
    "reference_solution": (
        "    ordered = sorted(values)\n"
        "    pairs = zip(ordered, ordered[1:])\n"
        "    return min(pairs, key=lambda pair: pair[1] - pair[0], default=None)\n"
    ),
}

EXAMPLE_OUTPUTS = (
    "    ordered = sorted(values)\n"
    "    best = None\n"
    "    for low, high in zip(ordered, ordered[1:]):\n"
    "        if best is None or high - low < best[1] - best[0]:\n"
    "            best = (low, high)\n"
    "    return best\n",
    "    ordered = sorted(set(values))\n"
    "    best = None\n"
    "    for low, high in zip(ordered, ordered[1:]):\n"
    "        if best is None or high - low < best[1] - best[0]:\n"
    "            best = (low, high)\n"
    "    return best\n",
)
