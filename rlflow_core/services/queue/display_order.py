"""In which order an annotator sees the outputs of an item.

`fixed`: the item's own order. `random`: drawn per annotator, in blocks. `both`: drawn per item, each order
followed by its reverse.

What is promised for `random`, per annotator, project and number of outputs n, over the assignments made: each
place of the item's order is shown at each position equally often, up to one. So with two outputs the times the
first comes first and the times it comes second never differ by more than one. For `both`, per item and over its
live votes: with two outputs the two orders never differ by more than one unless votes are given back, and the
next draw then mends it. Draws come from the system's randomness and nothing an annotator can see says where a
block begins, so an order tells nothing about which model it starts with.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SYSTEM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Drawn:
    """The outputs as shown, and what is left of the annotator's blocks afterwards."""

    shown: list[str]
    draws: dict[str, Any]


def draw(
    display_order: str,
    outputs: Sequence[str],
    draws: Mapping[str, Any],
    others: Sequence[Sequence[str]],
    chance: random.Random = SYSTEM,
) -> Drawn:
    """The order for one more assignment; `draws` is the member's, `others` the orders of the item's live votes."""
    if display_order == "fixed" or len(outputs) < 2:
        return Drawn(list(outputs), dict(draws))
    if display_order == "both":
        return Drawn(_reverse_of_another(outputs, others, chance), dict(draws))
    return _next_of_block(outputs, draws, chance)


def _next_of_block(outputs: Sequence[str], draws: Mapping[str, Any], chance: random.Random) -> Drawn:
    size = len(outputs)
    block = draws.get(str(size)) or {"base": [], "turns": []}
    base, turns = list(block["base"]), list(block["turns"])
    if not turns:
        # All rotations of one permutation: a Latin square, so every output takes every position once per block.
        base = chance.sample(range(size), size)
        turns = chance.sample(range(size), size)
    turn = turns.pop()
    shown = [outputs[base[(position + turn) % size]] for position in range(size)]
    return Drawn(shown, {**draws, str(size): {"base": base, "turns": turns}})


def _reverse_of_another(
    outputs: Sequence[str], others: Sequence[Sequence[str]], chance: random.Random
) -> list[str]:
    present = Counter(tuple(order) for order in others if set(order) == set(outputs))
    unanswered = [order for order in present if present[order] > present[order[::-1]]]
    if unanswered:
        return list(chance.choice(unanswered)[::-1])
    return chance.sample(list(outputs), len(outputs))
