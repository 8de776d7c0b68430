"""The majority aggregator: the label most annotators gave, the mean of their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rlflow_core.plugin_api import Aggregator, Consensus, Schema, fields, hookimpl, validate
from rlflow_plugins.aggregators.majority.intervals import mean_interval, wilson_interval
from rlflow_plugins.aggregators.majority.tally import Tally, encode, group_rows, means, tally

UNIT = ("item", "schema", "dimension", "output", "other_output", "index")
CATEGORY_KINDS = pa.array(["preference", "label", "step"])
NUMBER_KINDS = pa.array(["scalar", "rank"])


class MajorityConfig(Schema):
    """When a label wins."""

    rule = fields.String(
        load_default="strict",
        validate=validate.OneOf(["strict", "plurality"], labels=["More than half", "Most votes"]),
        metadata={
            "label": "Rule",
            "help": "A label wins with more than half of the votes, or with more votes than any other.",
        },
    )


class Majority(Aggregator):
    """One vote per annotator; the same for everyone, so nothing has to be fitted."""

    key = "majority"
    title = "Majority"
    version = "1.0"
    default = True
    description = "The label that most annotators gave; for ratings and ranks the mean."
    config_schema = MajorityConfig
    scope = "task"

    def AGGREGATE(self, signals: pa.Table) -> Iterable[Consensus]:
        """Winning labels with their share of the votes (Wilson), means of ratings and ranks (Student).

        A preference also has the mean signed strength as `value`. A turn stands for a missing index. Texts have no
        consensus, and neither have spans, whose annotators mark different places.
        """
        counted = pc.and_(pc.equal(signals["purpose"], "vote"), pc.is_null(signals["start"]))
        votes = signals.filter(counted).select([*UNIT, "turn", "kind", "feedback", "label", "value"])
        place = pc.coalesce(votes["index"], votes["turn"])
        votes = votes.set_column(votes.column_names.index("index"), "index", place)
        yield from self._winners(votes.filter(pc.is_in(votes["kind"], value_set=CATEGORY_KINDS)))
        yield from _means(votes.filter(pc.is_in(votes["kind"], value_set=NUMBER_KINDS)))

    def _winners(self, votes: pa.Table) -> Iterator[Consensus]:
        """The consensus of every unit with labels."""
        label = pc.coalesce(votes["label"], votes["value"].cast(pa.string()))
        votes = votes.set_column(votes.column_names.index("label"), "label", label).filter(pc.is_valid(label))
        if not votes.num_rows:
            return
        units, unit_of_row = group_rows(votes, [*UNIT, "kind"])
        names, codes = encode(votes["label"])
        counted = tally(unit_of_row, encode(votes["feedback"])[1], codes)
        methods = self._methods(counted)
        low, high = wilson_interval(counted.votes.astype(np.float64), counted.n.astype(np.float64))
        values = votes["value"].to_numpy()
        mean, _, _ = means(unit_of_row, values, units.num_rows)
        # The value of a step is that of the winning label; of a preference it is the mean over all votes.
        of_leader, _, _ = means(
            unit_of_row, np.where(codes == counted.leader[unit_of_row], values, np.nan), units.num_rows
        )
        for at, row in enumerate(units.to_pylist()):
            kind, decided = row.pop("kind"), methods[at] == "majority"
            value = {"preference": mean[at], "step": of_leader[at] if decided else np.nan}.get(kind, np.nan)
            yield Consensus(
                **row,
                value=None if np.isnan(value) else float(value),
                label=names[counted.leader[at]] if decided else None,
                probability=float(counted.votes[at] / counted.n[at]) if decided else None,
                interval=(float(low[at]), float(high[at])) if decided else None,
                n=int(counted.n[at]),
                method=methods[at],
            )

    def _methods(self, counted: Tally) -> list[str]:
        """Per unit "majority", or why no label won."""
        short = (2 * counted.votes <= counted.n) & (self.config["rule"] == "strict")
        reasons = np.where(counted.sharing > 1, "majority: tied", "majority")
        return list(np.where(short, "majority: no majority", reasons).tolist())


def _means(votes: pa.Table) -> Iterator[Consensus]:
    """The mean of every unit with numbers."""
    votes = votes.filter(pc.is_finite(votes["value"]))
    if not votes.num_rows:
        return
    units, unit_of_row = group_rows(votes, UNIT)
    mean, spread, n = means(unit_of_row, votes["value"].to_numpy(), units.num_rows)
    for at, row in enumerate(units.to_pylist()):
        yield Consensus(
            **row,
            value=float(mean[at]),
            interval=mean_interval(float(mean[at]), float(spread[at]), int(n[at])),
            n=int(n[at]),
            method="majority: mean",
        )


@hookimpl
def register_aggregators() -> list[type[Aggregator]]:
    """The majority."""
    return [Majority]
