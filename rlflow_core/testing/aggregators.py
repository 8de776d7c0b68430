"""The conformance check of aggregators."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rlflow_core.plugin_api import SIGNAL_COLUMNS, Aggregator, Consensus
from rlflow_core.testing.examples import many_signals, scoring_data, signals_table
from rlflow_core.testing.findings import Findings
from rlflow_core.testing.identity import built

AGGREGATE = "AGGREGATE"
PLACE = ("item", "schema", "dimension", "output", "other_output", "index")


def check_aggregator(
    cls: type[Aggregator],
    config: Mapping[str, Any] | None = None,
    signals: pa.Table | None = None,
    *,
    million: bool = True,
) -> None:
    """Raise NotConforming where an aggregator breaks its contract; `signals` are votes of the kinds it is made for.

    It is tried without votes, with one annotator, with ties alone, with items that nobody shares, with some votes
    and, unless told otherwise, with a million signals.
    """
    found = Findings(cls)
    aggregator = built(Aggregator, cls, config, found)
    if aggregator is not None:
        found.expect(cls.scope in ("task", "project"), "scope", "must be 'task' or 'project'")
        some = signals if signals is not None else scoring_data().signals
        for table in (
            SIGNAL_COLUMNS.empty_table(),
            scoring_data(annotators=1).signals,
            _ties(),
            _apart(),
            some,
        ):
            _check(aggregator, table, found)
        if aggregator.scope == "task":
            _check_alone(aggregator, some, found)
        if million:
            _check(aggregator, many_signals().signals, found, again=False)
    found.finish()


def _results(aggregator: Aggregator, signals: pa.Table) -> list[Consensus]:
    return list(aggregator.AGGREGATE(signals))


def _check(aggregator: Aggregator, signals: pa.Table, found: Findings, *, again: bool = True) -> None:
    given = found.run(AGGREGATE, _results, aggregator, signals)
    if given is None:
        return
    strange = next((one for one in given if not isinstance(one, Consensus)), None)
    if not found.expect(strange is None, AGGREGATE, f"gives {strange!r}, which is no Consensus"):
        return
    places = [tuple(getattr(one, name) for name in PLACE) for one in given]
    found.expect(len(set(places)) == len(places), AGGREGATE, "gives two results for one place of an item")
    items = set(signals["item"].unique().to_pylist())
    strangers = sorted({one.item for one in given} - items)
    found.expect(not strangers, AGGREGATE, f"gives a result for {strangers[:3]}, on which there are no votes")
    for one in given:
        _check_numbers(one, found)
    if again:
        repeated = found.run(AGGREGATE, _results, aggregator, signals)
        found.expect(
            repeated == given, AGGREGATE, "gives other results when asked again: it is not deterministic"
        )


def _check_numbers(one: Consensus, found: Findings) -> None:
    numbers = [one.value, one.probability, *(one.interval or ())]
    finite = all(number is None or math.isfinite(number) for number in numbers)
    found.expect(finite, AGGREGATE, "gives NaN or infinity: undefined is None")
    if one.probability is not None:
        found.expect(0 <= one.probability <= 1, "probability", f"is {one.probability}, not between 0 and 1")
    if one.interval is not None:
        found.expect(one.interval[0] <= one.interval[1], "interval", f"{one.interval} ends before it begins")
    found.expect(one.n >= 0, "n", f"is {one.n}")
    if one.label is None and one.value is None:
        found.expect(bool(one.method), "method", "is empty where a result is undecided: it says why")


def _check_alone(aggregator: Aggregator, signals: pa.Table, found: Findings) -> None:
    """Of task scope, the result of an item follows from its own signals, so that they can be streamed."""
    together = found.run(AGGREGATE, _results, aggregator, signals) or []
    if not all(isinstance(one, Consensus) for one in together):
        return
    items = signals["item"].unique().to_pylist()[:5]
    for item in items:
        own = signals.filter(pa.compute.equal(signals["item"], item))
        alone = found.run(AGGREGATE, _results, aggregator, own)
        expected = [one for one in together if one.item == item]
        found.expect(
            alone == expected, "scope", "is 'task', but an item alone gives another result than among others"
        )


def _ties() -> pa.Table:
    rows = [
        {
            "item": "item-0",
            "task": "task-0",
            "annotator": f"annotator-{number}",
            "schema": "preference",
            "dimension": "preference",
            "kind": "preference",
            "output": "output-0",
            "other_output": "output-1",
            "label": "tie",
            "value": 0.0,
        }
        for number in range(4)
    ]
    return signals_table(rows)


def _apart() -> pa.Table:
    """Votes of which each annotator has items of their own, so that nothing connects them."""
    signals = scoring_data(tasks=6).signals
    shown = [
        int(item.rpartition("-")[2]) % 3 == int(annotator.rpartition("-")[2])
        for item, annotator in zip(signals["item"].to_pylist(), signals["annotator"].to_pylist(), strict=True)
    ]
    return signals.filter(pa.array(shown))
