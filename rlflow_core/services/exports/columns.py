"""What columns of record batches hold, as far as containers must know."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

TEXT_VALUES = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_float64,
    pa.types.is_float32,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_date32,
)


def fits_text(kind: pa.DataType) -> bool:
    """Whether single values of this type have one form as text that can be read back."""
    if pa.types.is_timestamp(kind):
        return bool(kind.unit != "ns")
    return any(is_kind(kind) for is_kind in TEXT_VALUES)


def fits_json(kind: pa.DataType) -> bool:
    """Whether values of this type have one form in JSON that can be read back."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return fits_json(kind.value_type)
    if pa.types.is_struct(kind):
        return all(fits_json(field.type) for field in kind)
    return fits_text(kind)


def times_as_text(schema: pa.Schema) -> pa.Schema:
    """The schema of rows as JSON has them: points in time are texts there."""
    return pa.schema([field.with_type(_as_text(field.type)) for field in schema])


def _as_text(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_temporal(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_as_text(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_as_text(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_as_text(field.type)) for field in kind])
    return kind


def with_texts(batch: pa.RecordBatch, change: Callable[[pa.Array], pa.Array]) -> pa.RecordBatch:
    """The batch with `change` made to its columns of text."""
    arrays = [change(array) if _is_text(array.type) else array for array in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def describe(schema: pa.Schema) -> list[dict[str, str]]:
    """Names and types, for people and manifests."""
    return [{"name": field.name, "type": str(field.type)} for field in schema]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
