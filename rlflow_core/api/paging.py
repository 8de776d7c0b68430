"""Lists in pages by key: a page costs the same anywhere in the list, and rows that come meanwhile shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, literal, tuple_

from rlflow_core.schemas import InSchema
from rlflow_core.services.errors import Invalid

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
Row = TypeVar("Row")
Key = tuple[str | int | float, ...]


class PageArguments(InSchema):
    """`limit` and `cursor` of every list; schemas of a list's filters extend it."""

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(min=1, max=MAX_LIMIT),
        metadata={"description": "How many items at most."},
    )
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(max=500),
        metadata={"description": "Where the page starts: `next` of the page before."},
    )


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the API answers it: `next` is the cursor of the following page, None on the last one."""

    items: list[Any]
    next: str | None


def page_of(rows: Sequence[Row], limit: int, key: Callable[[Row], Key]) -> Page:
    """The page of `rows`, which were read with `limit + 1`: the row too many shows that more follow."""
    shown = list(rows[:limit])
    return Page(shown, encode(key(shown[-1])) if len(rows) > limit else None)


def encode(key: Key) -> str:
    """The opaque cursor of the row with this sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> Key:
    """The sort key of a cursor, each part of its kind (str, int, float); Invalid if it is not one of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        parts = None
    if isinstance(parts, list) and tuple(type(part) for part in parts) == kinds:
        return tuple(parts)
    raise Invalid("The page does not exist.", {"query": {"cursor": ["Use the `next` of a page as it came."]}})


def after(columns: Sequence[ColumnElement[Any]], key: Key) -> ColumnElement[bool]:
    """The condition for rows that come after `key` when sorted by `columns`, all upwards."""
    values = [literal(part, column.type) for column, part in zip(columns, key, strict=True)]
    return tuple_(*columns) > tuple_(*values)
