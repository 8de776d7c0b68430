"""The consistency scorer: how far a vote says the same as the other votes on its item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rlflow_core.plugin_api import (
    Dimension,
    ProjectDimension,
    Schema,
    Score,
    Scorer,
    ScoringData,
    fields,
    hookimpl,
    validate,
)
from rlflow_plugins.scorers.consistency.answers import Read, labels, numbers, orders
from rlflow_plugins.scorers.consistency.shares import (
    Agree,
    Floats,
    Ints,
    close,
    equal,
    near,
    same_order,
    shares_of_others,
)

ALONE = "Nobody else has judged this item yet."
NOTHING_SHARED = "The other votes on this item judge nothing that this one judges."


class ConsistencyConfig(Schema):
    """When two ratings agree."""

    tolerance = fields.Float(
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=0),
        metadata={
            "label": "Tolerance of ratings",
            "help": "Ratings at most this far apart agree. Left empty, agreement falls evenly with the distance.",
        },
    )


class Consistency(Scorer):
    """The share of the item's other votes that a vote agrees with."""

    key = "consistency"
    title = "Consistency with other votes"
    version = "1.0"
    default = True
    description = "The share of the item's other votes that a vote agrees with; none while it is alone."
    config_schema = ConsistencyConfig
    scope = "feedback"
    needs = frozenset({"signals", "feedback"})

    def SCORE(self, data: ScoringData) -> Iterable[Score]:
        """A number from 0 to 1 for each vote: the mean over dimensions, of the mean over what was judged.

        Labels, preferences and steps agree when they are equal, so a tie agrees with a tie alone. Ratings agree by
        1 - distance / range of the scale, or within the tolerance. Ranks agree on a pair of outputs fully when they
        order it the same way or both tie it, by half when one ties it: (tau + 1) / 2 where nothing is tied.
        """
        votes = data.feedback.filter(pc.equal(data.feedback["purpose"], "vote"))
        names = votes["feedback"].combine_chunks()
        signals = data.signals.filter(pc.is_in(data.signals["feedback"], value_set=names))
        found = {
            place.full_name: shares
            for place in data.dimensions
            if (shares := self._shares(place, signals, names)) is not None
        }
        others = _others(votes)
        for at, feedback in enumerate(names.to_pylist()):
            defined = {name: float(values[at]) for name, values in found.items() if not np.isnan(values[at])}
            details: Mapping[str, Any] = {"others": int(others[at]), "dimensions": defined}
            if defined:
                yield Score(feedback, float(np.mean(list(defined.values()))), None, details)
            else:
                yield Score(feedback, None, NOTHING_SHARED if others[at] else ALONE, details)

    def _shares(self, place: ProjectDimension, signals: pa.Table, names: pa.Array) -> Floats | None:
        """Per vote its agreement on one dimension, NaN where nobody else judged the same; None for texts."""
        compared = self._comparison(place.dimension)
        if compared is None:
            return None
        mine = pc.and_(
            pc.equal(signals["schema"], place.schema), pc.equal(signals["dimension"], place.dimension.name)
        )
        read, agree = compared
        answers = read(signals.filter(mine), names)
        shares = shares_of_others(answers.units, answers.values, agree)
        return _mean_per_vote(answers.votes, shares, len(names))

    def _comparison(self, dimension: Dimension) -> tuple[Read, Agree] | None:
        """How answers of this kind are read, and when two of them agree."""
        if dimension.kind in ("preference", "label", "step"):
            return labels, equal
        if dimension.kind == "rank":
            return orders, same_order
        if dimension.kind != "scalar":
            return None
        if self.config["tolerance"] is not None:
            return numbers, near(self.config["tolerance"])
        if dimension.minimum is None or dimension.maximum is None or dimension.maximum <= dimension.minimum:
            return numbers, equal
        return numbers, close(dimension.maximum - dimension.minimum)


def _others(votes: pa.Table) -> Ints:
    """Per vote the number of other votes on its item."""
    items = votes["item"].combine_chunks().dictionary_encode().indices.to_numpy()
    counted: Ints = np.bincount(items)[items] - 1 if items.size else np.zeros(0, np.int64)
    return counted


def _mean_per_vote(votes: Ints, shares: Floats, count: int) -> Floats:
    known = ~np.isnan(shares)
    total = np.bincount(votes[known], weights=shares[known], minlength=count)
    with np.errstate(invalid="ignore"):
        mean: Floats = total / np.bincount(votes[known], minlength=count)
    return mean


@hookimpl
def register_scorers() -> list[type[Scorer]]:
    """The consistency scorer."""
    return [Consistency]
