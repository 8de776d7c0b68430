"""The columns of a reward dimension, and what stands in them."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa

from rlflow_core.plugin_api import ProjectDimension
from rlflow_plugins.exporters.rlhf.rewards import CATEGORIES, NUMBERS, Measured, is_listed, is_numbered

ENDINGS = ("", "_n", "_mean", "_agreement", "_low", "_high")
"""What may follow the name of a dimension."""


def columns_of(dimension: ProjectDimension, name: str, *, nested: bool) -> list[tuple[str, pa.DataType]]:
    """The value, the votes behind it, and how certain it is; lists are JSON text where nothing is `nested`."""
    measured = dimension.dimension
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


def cells(dimension: ProjectDimension, name: str, found: Measured, *, nested: bool) -> dict[str, Any]:
    """What stands in the columns of `columns_of`."""
    measured = dimension.dimension
    value = listed(found.value, nested=nested) if isinstance(found.value, list) else found.value
    row: dict[str, Any] = {name: value, f"{name}_n": found.n}
    if is_numbered(measured):
        row[f"{name}_mean"] = found.mean
    if measured.kind in CATEGORIES:
        row[f"{name}_agreement"] = found.agreement
    if measured.kind in NUMBERS:
        row[f"{name}_low"], row[f"{name}_high"] = found.interval or (None, None)
    return row


def listed(values: list[Any], *, nested: bool) -> Any:
    """The list as it is, or as JSON text."""
    return values if nested else as_json(values)


def as_json(value: Any) -> str:
    """JSON text."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
