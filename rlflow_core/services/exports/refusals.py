"""What the filters on a consensus leave out, each with the reason that the manifest counts it under."""

from __future__ import annotations

from rlflow_core.plugin_api import Drop, Pair
from rlflow_core.services.exports.consensus_stream import JudgedItem
from rlflow_core.services.exports.filters import Filters

EMPTY = Drop("empty answer")
UNDECIDED = Drop("no majority")
NO_PROBABILITY = Drop("no probability")
UNLIKELY = Drop("probability below the minimum")
# Means and ranks have no probability: the filter lets them pass.
KINDS_WITH_PROBABILITY = ("preference", "label")


def refuse_item(filters: Filters, item: JudgedItem) -> Drop | None:
    """Why the filters leave out the item, or None."""
    if filters.empty_outputs == "drop" and any(output.is_empty for output in item.outputs):
        return EMPTY
    for consensus in item.consensus:
        if not _has_probability(item, consensus.schema, consensus.dimension):
            continue
        if filters.min_probability is not None and consensus.label is None:
            return UNDECIDED
        if refusal := _refuse_probability(filters, consensus.probability):
            return refusal
    return None


def refuse_pair(filters: Filters, item: JudgedItem, pair: Pair) -> Drop | None:
    """Why the filters leave out the pair, or None."""
    if filters.empty_outputs == "drop" and (pair.chosen.is_empty or pair.rejected.is_empty):
        return EMPTY
    if not _has_probability(item, pair.schema, pair.dimension):
        return None
    return _refuse_probability(filters, pair.probability)


def _has_probability(item: JudgedItem, schema: str, dimension: str) -> bool:
    return item.kinds.get((schema, dimension)) in KINDS_WITH_PROBABILITY


def _refuse_probability(filters: Filters, probability: float | None) -> Drop | None:
    if filters.min_probability is None:
        return None
    if probability is None:
        return NO_PROBABILITY
    return UNLIKELY if probability < filters.min_probability else None
