"""Votes counted per unit, in arrays: a project has far more votes than a loop over rows could take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Per unit: `n` voters, the code of the label with most votes, how many gave it, how many labels share that."""

    n: Ints
    leader: Ints
    votes: Ints
    sharing: Ints


def group_rows(table: pa.Table, columns: Sequence[str]) -> tuple[pa.Table, Ints]:
    """The distinct values of `columns`, one row per unit, and the unit of every row of `table`."""
    rows = table.append_column("row", pa.array(np.arange(table.num_rows)))
    units = rows.group_by(list(columns), use_threads=False).aggregate([("row", "list")])
    members = units["row_list"].combine_chunks()
    unit_of_row = np.empty(table.num_rows, np.int64)
    unit_of_row[members.flatten().to_numpy()] = np.repeat(
        np.arange(units.num_rows), members.value_lengths().to_numpy()
    )
    return units.drop_columns("row_list"), unit_of_row


def encode(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    """The distinct texts of `column` and the code of each row."""
    encoded = pc.dictionary_encode(column.combine_chunks())
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def tally(units: Ints, voters: Ints, labels: Ints) -> Tally:
    """The votes for each label; a voter counts once for a label, and once in `n`, whatever the number of rows."""
    voter_count, label_count = int(voters.max()) + 1, int(labels.max()) + 1
    ballots = np.unique((units * voter_count + voters) * label_count + labels)
    ballot_units, ballot_labels = ballots // (voter_count * label_count), ballots % label_count
    n = np.bincount(np.unique(ballots // label_count) // voter_count)
    cells, votes = np.unique(ballot_units * label_count + ballot_labels, return_counts=True)
    cell_units = cells // label_count
    most = np.zeros(n.size, np.int64)
    np.maximum.at(most, cell_units, votes)
    leading = votes == most[cell_units]
    leader = np.zeros(n.size, np.int64)
    leader[cell_units[leading]] = cells[leading] % label_count
    return Tally(n, leader, most, np.bincount(cell_units[leading]))


def means(units: Ints, values: Floats, count: int) -> tuple[Floats, Floats, Ints]:
    """Mean, standard deviation (n - 1) and number of the values of each of `count` units; NaN is no value."""
    known = ~np.isnan(values)
    units, values = units[known], values[known]
    n = np.bincount(units, minlength=count)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(units, weights=values, minlength=count) / n
        squares = np.bincount(units, weights=(values - mean[units]) ** 2, minlength=count)
    return mean, np.sqrt(squares / np.maximum(n - 1, 1)), n
