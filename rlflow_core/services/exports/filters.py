"""What an export may be narrowed by: one closed schema for API, form, command line and stored row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.services.errors import Invalid

TASK_STATUSES = ("draft", "open", "paused", "completed", "archived")
MAX_NAMES = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of one export; as made without arguments they let everything through."""

    tags: tuple[str, ...] = ()
    task_status: tuple[str, ...] = ()
    min_votes: int = 1
    min_probability: float | None = None
    empty_outputs: Literal["keep", "drop"] = "keep"
    exclude_annotators: tuple[str, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None


NO_FILTERS = Filters()


def _names(**metadata: Any) -> fields.List[str]:
    name = fields.String(validate=validate.Length(min=1, max=200))
    return fields.List(name, validate=validate.Length(max=MAX_NAMES), metadata=metadata)


class FiltersSchema(Schema):
    """Filters as they are asked for and stored; a name that is not one of them is refused."""

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE

    tags = _names(label="Tags", help="Tasks with any of these tags.")
    task_status = fields.List(
        fields.String(validate=validate.OneOf(TASK_STATUSES)),
        metadata={"label": "Status of the task", "help": "Tasks in any of these states."},
    )
    min_votes = fields.Integer(
        strict=True,
        validate=validate.Range(min=1, max=1000),
        metadata={
            "label": "Least votes",
            "help": "Items with at least so many votes, after the other filters.",
        },
    )
    min_probability = fields.Float(
        allow_none=True,
        validate=validate.Range(min=0, max=1),
        metadata={"label": "Least probability", "help": "Items whose consensus is at least so certain."},
    )
    empty_outputs = fields.String(
        validate=validate.OneOf(["keep", "drop"], labels=["Keep", "Leave out"]),
        metadata={"label": "Empty answers", "help": "What to do with items in which an answer is empty."},
    )
    exclude_annotators = _names(
        label="Annotators left out", help="Pseudonyms of annotators whose votes do not count."
    )
    created_after = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        allow_none=True,
        metadata={"label": "From", "help": "Votes given at this time or later."},
    )
    created_before = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        allow_none=True,
        metadata={"label": "Until", "help": "Votes given before this time."},
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Filters:
        """The filters as a value."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return Filters(**values)


def load_filters(data: Mapping[str, Any]) -> Filters:
    """The filters in `data`; Invalid names each field that does not fit."""
    try:
        filters: Filters = FiltersSchema().load(dict(data))
    except ValidationError as error:
        raise Invalid("The filters do not fit.", {"filters": messages_of(error)}) from error
    return filters


def dump_filters(filters: Filters) -> dict[str, Any]:
    """The filters that narrow anything, as JSON."""
    dumped = FiltersSchema().dump(filters)
    unset = FiltersSchema().dump(NO_FILTERS)
    return {name: value for name, value in dumped.items() if value != unset[name]}
