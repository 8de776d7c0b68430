"""A problem with two solutions, one of them wrong in its third step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXAMPLE_CONTENT: Mapping[str, Any] = {
    "prompt": (
        "A tank holds $V$ litres. A pump fills a third of it in 20 minutes, and the rest at the same rate. "
        "Filling it costs $5 an hour. What does it cost to fill the tank once?"
    ),
    "expected_behavior": "Finds the time for the whole tank before the cost.",
    "evaluation_criteria": "Each step by itself, as if those before it were right.",
    "reference_answer": "5",
    "reference_solution": "A third takes 20 minutes.\nThe whole takes 3 × 20 = 60 minutes.\nOne hour costs $5.",
}

EXAMPLE_OUTPUTS = (
    "A third of the tank takes 20 minutes.\n"
    "The whole tank takes \\(3 \\times 20 = 60\\) minutes.\n"
    "That is one hour, so it costs $5.\n"
    "#### 5",
    "A third of the tank takes 20 minutes.\n"
    "Two thirds are left, which take \\(2 \\times 20 = 40\\) minutes.\n"
    "The pump runs for 40 minutes, so it costs \\(\\frac{40}{60} \\cdot 5 \\approx 3.33\\).\n"
    "#### 3.33",
)
