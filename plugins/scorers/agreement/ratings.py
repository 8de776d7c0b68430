"""Ratings as arrays: who rated which unit how, from a table of signals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rlflow_core.plugin_api import Dimension

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

UNIT = ("item", "output", "other_output", "turn", "index")
"""What annotators must have in common to have rated the same thing."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """One rating per unit and rater, sorted by unit and then rater, so that results never depend on row order.

    `values` holds numbers, or codes of categories; `raters` indexes `names`.
    """

    units: Ints
    raters: Ints
    values: Floats
    names: tuple[str, ...]

    @property
    def unit_count(self) -> int:
        """How many units have a rating."""
        return int(np.unique(self.units).size)

    def paired(self) -> Ratings:
        """The ratings of units that have two or more."""
        _, which, sizes = np.unique(self.units, return_inverse=True, return_counts=True)
        keep = sizes[which] > 1
        return Ratings(self.units[keep], self.raters[keep], self.values[keep], self.names)


def read_ratings(signals: pa.Table, dimension: Dimension) -> Ratings:
    """The ratings in `signals` of one dimension; spans are left out, since they rate no common unit."""
    signals = signals.filter(pc.is_null(signals["start"])).select([*UNIT, "annotator", "label", "value"])
    if dimension.level == "nominal":
        return _category_ratings(signals)
    if dimension.level == "ordinal" and dimension.labels:
        places = pc.index_in(signals["label"], value_set=pa.array(dimension.labels, pa.string()))
        numbers = pc.coalesce(signals["value"], places.cast(pa.float64()))
    else:
        numbers = signals["value"]
    return _number_ratings(signals.set_column(signals.column_names.index("value"), "value", numbers))


def _number_ratings(signals: pa.Table) -> Ratings:
    """One number per unit and annotator: the mean where one gave several."""
    signals = signals.filter(pc.is_finite(signals["value"]))
    return _as_ratings(_one_per_annotator(signals.sort_by("value"), "value", "mean"))


def _category_ratings(signals: pa.Table) -> Ratings:
    """One category per unit and annotator: the set of labels where one gave several."""
    labels = pc.coalesce(signals["label"], signals["value"].cast(pa.string()))
    signals = signals.append_column("category", labels).filter(pc.is_valid(labels))
    rated = _one_per_annotator(signals.sort_by("category"), "category", "distinct")
    sets = pc.binary_join(rated["rating"].combine_chunks(), "\x1f")
    codes = _codes(pa.chunked_array([sets])).astype(np.float64)
    return _as_ratings(rated.set_column(rated.column_names.index("rating"), "rating", pa.array(codes)))


def _one_per_annotator(signals: pa.Table, column: str, how: str) -> pa.Table:
    """Unit columns, annotator and `rating`, the aggregate of `column`, one row per unit and annotator."""
    rated = signals.group_by([*UNIT, "annotator"], use_threads=False).aggregate([(column, how)])
    return rated.rename_columns({f"{column}_{how}": "rating"})


def _codes(column: pa.ChunkedArray) -> Ints:
    """A number per value in the order of values, null being the greatest."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    codes: Ints = ranks[encoded.indices.to_numpy()]
    return codes


def _as_ratings(rated: pa.Table) -> Ratings:
    """The arrays of a table with one row per unit and annotator."""
    units = np.zeros(rated.num_rows, np.int64)
    for name in UNIT:
        codes = _codes(rated[name])
        width = int(codes.max(initial=0)) + 1
        # Numbered anew after each column, so that the product of the widths cannot overflow.
        units = np.unique(units * width + codes, return_inverse=True)[1]
    raters = _codes(rated["annotator"])
    order = np.lexsort((raters, units))
    names = tuple(sorted(name for name in pc.unique(rated["annotator"]).to_pylist()))
    return Ratings(units[order], raters[order], rated["rating"].to_numpy()[order], names)
