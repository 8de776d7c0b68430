"""Pages of rows that are sorted by their id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from rlflow_core.api.paging import Page, decode, page_of
from rlflow_core.models import is_id
from rlflow_core.services.errors import Invalid


class HasId(Protocol):
    """A row with an id."""

    @property
    def id(self) -> str:
        """Its key."""


Row = TypeVar("Row", bound=HasId)


def id_after(cursor: str | None) -> str | None:
    """The id of the last row of the page before; Invalid if the cursor is not one of ours."""
    if cursor is None:
        return None
    key = str(decode(cursor, str)[0])
    if not is_id(key):
        raise Invalid(
            "The page does not exist.", {"query": {"cursor": ["Use the `next` of a page as it came."]}}
        )
    return key


def page_by_id(rows: Sequence[Row], limit: int) -> Page:
    """The page of `rows`, which were read with `limit + 1`."""
    return page_of(rows, limit, key=lambda row: (row.id,))
