"""The random router: a shuffled order that stays the same for as long as its seed does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from rlflow_core.plugin_api import ItemView, Router, Schema, fields, hookimpl, validate

BITS = 53
"""As many as a float holds exactly."""


class RandomConfig(Schema):
    """Which of the orders."""

    seed = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(min=0, max=2**31 - 1),
        metadata={
            "label": "Seed",
            "help": "Another number gives another order; the same one the same order.",
        },
    )


class Random(Router):
    """Items in an order that tells nothing about them."""

    key = "random"
    title = "Random"
    version = "1.0"
    description = "Items are handed out in a random order that a seed fixes."
    config_schema = RandomConfig

    def RANK(self, items: Sequence[ItemView]) -> Sequence[float]:
        """A number from 0 to 1 for each item, which only the seed and the item's id decide."""
        return [_uniform(f"{self.config['seed']}:{item.id}") for item in items]


def _uniform(text: str) -> float:
    digest = hashlib.sha256(text.encode()).digest()
    return float((int.from_bytes(digest[:8], "big") >> (64 - BITS)) / 2**BITS)


@hookimpl
def register_routers() -> list[type[Router]]:
    """The random order."""
    return [Random]
