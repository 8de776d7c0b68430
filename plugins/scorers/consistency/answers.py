"""What votes say, as arrays: one value per vote and thing judged, from the signals of one dimension."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rlflow_plugins.scorers.consistency.shares import Floats, Ints

UNIT = ("item", "output", "other_output", "turn", "index", "start", "end")
"""What votes must have in common to be about the same thing."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Row by row which vote says what about which unit; a vote says one thing about a unit."""

    units: Ints
    votes: Ints
    values: Floats


Read = Callable[[pa.Table, pa.Array], Answers]


def labels(signals: pa.Table, votes: pa.Array) -> Answers:
    """Categories as codes; the set of them where a vote gives several."""
    given = pc.coalesce(signals["label"], signals["value"].cast(pa.string()))
    rows = signals.append_column("given", given).filter(pc.is_valid(given)).sort_by("given")
    rated = _one_per_vote(rows, "given", "distinct")
    sets = pc.binary_join(rated["rating"].combine_chunks(), "\x1f")
    return _answers(rated, votes, _codes(pa.chunked_array([sets])).astype(np.float64))


def numbers(signals: pa.Table, votes: pa.Array) -> Answers:
    """Ratings; the mean where a vote gives several."""
    rated = _one_per_vote(signals.filter(pc.is_finite(signals["value"])), "value", "mean")
    return _answers(rated, votes, rated["rating"].to_numpy())


def orders(signals: pa.Table, votes: pa.Array) -> Answers:
    """Per pair of ranked outputs -1 or 1 for which is before the other, 0 for a tie."""
    ranks = numbers(signals, votes)
    at = np.lexsort((ranks.units, ranks.votes))
    units, of, values = ranks.units[at], ranks.votes[at], ranks.values[at]
    parts = []
    for shift in range(1, _longest_run(of)):
        first = np.flatnonzero(of[shift:] == of[:-shift])
        second = first + shift
        pairs = units[first] * (int(units.max()) + 1) + units[second]
        parts.append((pairs, of[first], np.sign(values[first] - values[second])))
    if not parts:
        return Answers(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    return Answers(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _one_per_vote(signals: pa.Table, column: str, how: str) -> pa.Table:
    """Unit columns, feedback and `rating`, the aggregate of `column`, one row per unit and vote."""
    rated = signals.group_by([*UNIT, "feedback"], use_threads=False).aggregate([(column, how)])
    return rated.rename_columns({f"{column}_{how}": "rating"})


def _answers(rated: pa.Table, votes: pa.Array, values: Floats) -> Answers:
    units = np.zeros(rated.num_rows, np.int64)
    for name in UNIT:
        codes = _codes(rated[name])
        # Numbered anew after each column, so that the product of the widths cannot overflow.
        units = np.unique(units * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)[1]
    of = pc.index_in(rated["feedback"], value_set=votes).to_numpy().astype(np.int64)
    return Answers(units, of, values)


def _codes(column: pa.ChunkedArray) -> Ints:
    """A number per distinct value, null being one of them."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    codes: Ints = encoded.indices.to_numpy().astype(np.int64)
    return codes


def _longest_run(sorted_codes: Ints) -> int:
    return int(np.unique(sorted_codes, return_counts=True)[1].max(initial=0))
