"""One line of an imported file: a task with the outputs and the judgements that it brings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, post_load, validate

from rlflow_core.schemas.outputs import OutputIn, plausible_time
from rlflow_core.schemas.task_fields import TaskFields
from rlflow_core.services.task_content import MAX_OUTPUTS
from rlflow_core.services.task_drafts import TaskDraft, VoteDraft

MAX_VOTES = 1_000
MAX_SECONDS = 2_000_000


class VoteIn(Schema):
    """A judgement made elsewhere; what is not named here is a shorthand of the project's reward schemas."""

    class Meta:
        """Shorthands differ from project to project: they are checked with the response."""

        unknown = INCLUDE

    annotator = fields.String(required=True, validate=validate.Length(min=1, max=200))
    response = fields.Dict(keys=fields.String())
    outputs = fields.List(fields.Integer(strict=True), validate=validate.Length(min=1, max=MAX_OUTPUTS))
    created_at = fields.AwareDateTime(
        format="iso", default_timezone=UTC, allow_none=True, validate=plausible_time
    )
    seconds = fields.Float(allow_none=True, validate=validate.Range(min=0, max=MAX_SECONDS))

    @post_load
    def to_draft(self, data: dict[str, Any], **_: Any) -> VoteDraft:
        """The vote as services take it."""
        outputs = data.pop("outputs", None)
        return VoteDraft(
            annotator=data.pop("annotator"),
            outputs=None if outputs is None else tuple(outputs),
            created_at=data.pop("created_at", None),
            seconds=data.pop("seconds", None),
            body=data,
        )


class LineIn(TaskFields):
    """A line; fields of the task type's content may stand at its top level."""

    class Meta:
        """Which further fields are content depends on the task type: `draft_of` refuses the others."""

        unknown = INCLUDE

    content = fields.Dict(keys=fields.String(), load_default=dict)
    outputs = fields.List(
        fields.Nested(OutputIn), load_default=list, validate=validate.Length(max=MAX_OUTPUTS)
    )
    feedback = fields.List(fields.Nested(VoteIn), load_default=list, validate=validate.Length(max=MAX_VOTES))


LINE = LineIn()


def draft_of(line: Mapping[str, Any], content_fields: Collection[str]) -> TaskDraft:
    """The task that a line describes; raises ValidationError for fields that are neither a line's nor content."""
    data: dict[str, Any] = LINE.load(line)
    content = data["content"]
    further = {name: data[name] for name in data.keys() - LINE.fields.keys()}
    errors = {name: [_unknown(content_fields)] for name in further if name not in content_fields}
    twice = {name: ["It stands in content too."] for name in further.keys() & content.keys()}
    if errors or twice:
        raise ValidationError(errors | twice)
    return TaskDraft(
        content=content | further,
        outputs=tuple(data["outputs"]),
        tags=tuple(data["tags"]),
        metadata=data["metadata"],
        priority=data["priority"],
        key=data["key"],
        votes=tuple(data["feedback"]),
    )


def _unknown(content_fields: Collection[str]) -> str:
    known = sorted({*LINE.fields, *content_fields})
    return f"Unknown field. A line of this task type may have: {', '.join(known)}."
