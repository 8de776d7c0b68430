"""The columns of a reward dimension, and what stands in them."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa

from rlflow_core.plugin_api import Dimension, ProjectDimension
from rlflow_plugins.exporters.rlhf.notes import is_note
from rlflow_plugins.exporters.rlhf.rewards import (
    CATEGORIES,
    NOTHING,
    NUMBERS,
    Measured,
    Rated,
    is_listed,
    is_numbered,
)

ENDINGS = ("", "_n", "_mean", "_agreement", "_low", "_high")
"""What may follow the name of a dimension."""

TEXTS = pa.list_(pa.string())


def columns_of(dimension: ProjectDimension, name: str, *, nested: bool) -> list[tuple[str, pa.DataType]]:
    """The value, the votes behind it, and how certain it is; lists are JSON text where nothing is `nested`.

    Notes have a list of texts for each step.
    """
    measured = dimension.dimension
    if is_note(measured):
        return [(name, pa.list_(TEXTS) if nested else pa.string())]
    one = pa.string() if measured.kind == "label" else pa.float64()
    several = pa.list_(one) if nested else pa.string()
    columns = [(name, several if is_listed(measured) else one), (f"{name}_n", pa.int64())]
    if is_numbered(measured):
        columns.append((f"{name}_mean", pa.float64()))
    if measured.kind in CATEGORIES:
        columns.append((f"{name}_agreement", pa.float64()))
    if measured.kind in NUMBERS:
        columns += [(f"{name}_low", pa.float64()), (f"{name}_high", pa.float64())]
    return columns


def cells(dimension: ProjectDimension, name: str, rated: Rated, *, nested: bool) -> dict[str, Any]:
    """What stands in the columns of `columns_of`."""
    measured = dimension.dimension
    if is_note(measured):
        return {name: listed(list(rated.notes[dimension.full_name]), nested=nested)}
    return _cells(measured, name, rated.measured.get(dimension.full_name, NOTHING), nested=nested)


def listed(values: list[Any], *, nested: bool) -> Any:
    """The list as it is, or as JSON text."""
    return values if nested else as_json(values)


def as_json(value: Any) -> str:
    """JSON text."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _cells(measured: Dimension, name: str, found: Measured, *, nested: bool) -> dict[str, Any]:
    value = listed(found.value, nested=nested) if isinstance(found.value, list) else found.value
    row: dict[str, Any] = {name: value, f"{name}_n": found.n}
    if is_numbered(measured):
        row[f"{name}_mean"] = found.mean
    if measured.kind in CATEGORIES:
        row[f"{name}_agreement"] = found.agreement
    if measured.kind in NUMBERS:
        row[f"{name}_low"], row[f"{name}_high"] = found.interval or (None, None)
    return row
