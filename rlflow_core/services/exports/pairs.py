"""Decided comparisons out of the consensus on an item: what becomes a pair, and why the rest does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from rlflow_core.plugin_api import Consensus, Drop, Pair, PairPolicy
from rlflow_core.services.exports.consensus_stream import JudgedItem
from rlflow_core.services.exports.failed import ExportFailed

NO_VOTES = Drop("no votes")
NO_MAJORITY = Drop("no majority")
TIE = Drop("tie")
UNDECIDED = {"tie": TIE, "both_bad": Drop("both_bad"), None: NO_MAJORITY}
SIGNS = {"first": 1, "second": -1}

Ranked = Sequence[Consensus]
Comparison = tuple[Consensus, Consensus]


def _adjacent(ranked: Ranked) -> Iterator[Comparison]:
    return pairwise(ranked)


def _all(ranked: Ranked) -> Iterator[Comparison]:
    return combinations(ranked, 2)


def _best_vs_rest(ranked: Ranked) -> Iterator[Comparison]:
    return ((ranked[0], other) for other in ranked[1:])


POLICIES: Mapping[PairPolicy, Callable[[Ranked], Iterator[Comparison]]] = {
    "adjacent": _adjacent,
    "all": _all,
    "best_vs_rest": _best_vs_rest,
}
"""Which outputs of a ranking are compared with one another, best first."""


def pairs_of(item: JudgedItem, policy: PairPolicy) -> Iterator[Pair | Drop]:
    """The pairs of an item: from every preference, and from every ranking by `policy`; "no votes" if it has neither."""
    compare = POLICIES.get(policy)
    if compare is None:
        raise ExportFailed(f"pairs() takes {', '.join(POLICIES)}, not {str(policy)[:80]!r}.")
    found = False
    for result in _compared(item, compare):
        found = True
        yield result
    if not found:
        yield NO_VOTES


def _compared(item: JudgedItem, compare: Callable[[Ranked], Iterator[Comparison]]) -> Iterator[Pair | Drop]:
    rankings: dict[tuple[str, str], list[Consensus]] = {}
    for consensus in item.consensus:
        name = (consensus.schema, consensus.dimension)
        kind = item.kinds.get(name)
        if kind == "preference":
            yield _preferred(item, consensus)
        elif kind == "rank" and consensus.output is not None and consensus.value is not None:
            rankings.setdefault(name, []).append(consensus)
    for ranking in rankings.values():
        ranked = sorted(ranking, key=lambda consensus: consensus.value or 0.0)
        for better, worse in compare(ranked):
            yield _ranked(item, better, worse)


def _preferred(item: JudgedItem, consensus: Consensus) -> Pair | Drop:
    if consensus.label not in SIGNS or consensus.output is None or consensus.other_output is None:
        return UNDECIDED.get(consensus.label, NO_MAJORITY)
    sign = SIGNS[consensus.label]
    better, worse = (consensus.output, consensus.other_output)[::sign]
    strength = None if consensus.value is None else sign * consensus.value
    return _pair(item, consensus, better, worse, consensus.probability, strength, consensus.n)


def _ranked(item: JudgedItem, better: Consensus, worse: Consensus) -> Pair | Drop:
    assert better.value is not None and better.output is not None
    assert worse.value is not None and worse.output is not None
    if better.value == worse.value:
        return TIE
    strength = worse.value - better.value
    return _pair(item, better, better.output, worse.output, None, strength, min(better.n, worse.n))


def _pair(
    item: JudgedItem,
    consensus: Consensus,
    chosen: str,
    rejected: str,
    probability: float | None,
    strength: float | None,
    n: int,
) -> Pair:
    outputs = {output.id: output for output in item.outputs}
    return Pair(
        item=item.id,
        task=item.task,
        chosen=outputs[chosen],
        rejected=outputs[rejected],
        schema=consensus.schema,
        dimension=consensus.dimension,
        probability=probability,
        strength=strength,
        n=n,
    )
