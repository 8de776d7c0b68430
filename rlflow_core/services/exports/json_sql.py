"""Lists in SQL, in the words of either database: elements of JSON arrays as rows, and many ids as one parameter."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import ColumnElement, FromClause, String, any_, func, literal, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import InstrumentedAttribute


def is_any(dialect: str, column: InstrumentedAttribute[str], ids: Collection[str]) -> ColumnElement[bool]:
    """Whether an id is one of many, however many with the same statement."""
    if dialect == "postgresql":
        return column == any_(literal(list(ids), ARRAY(UUID(as_uuid=False))))
    listed = func.json_each(literal(orjson.dumps(list(ids)).decode(), String)).table_valued("value")
    return type_coerce(column, String).in_(select(listed.c.value))


def text_elements(dialect: str, array: Any) -> tuple[FromClause, ColumnElement[str]]:
    """A table with the texts of a JSON array, and its column."""
    if dialect == "postgresql":
        table = func.jsonb_array_elements_text(array).table_valued("value").render_derived()
    else:
        table = func.json_each(array).table_valued("value")
    return table, type_coerce(table.c.value, String)


def object_elements(dialect: str, array: Any, key: str) -> tuple[FromClause, ColumnElement[str]]:
    """A table with the objects of a JSON array, and the text that each has under `key`."""
    if dialect == "postgresql":
        table = func.jsonb_array_elements(array).table_valued("value").render_derived()
        return table, type_coerce(table.c.value, JSONB)[key].astext
    table = func.json_each(array).table_valued("value")
    return table, func.json_extract(table.c.value, f'$."{key}"')


def array_length(dialect: str, array: Any) -> ColumnElement[int]:
    """How many elements a JSON array has."""
    name = "jsonb_array_length" if dialect == "postgresql" else "json_array_length"
    length: ColumnElement[int] = getattr(func, name)(array)
    return length
