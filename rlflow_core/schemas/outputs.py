"""Bodies of outputs: what models answered elsewhere, and outputs as researchers see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from rlflow_core.plugin_api import MAX_TEXT
from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.services.task_content import MAX_OUTPUTS
from rlflow_core.services.task_drafts import OutputDraft

COUNT = validate.Range(min=0, max=2**31 - 1)
INTEGER = validate.Range(min=-(2**63), max=2**63 - 1)
FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)
# Clocks and time zones of other places may be ahead of ours.
AHEAD = timedelta(days=1)


def plausible_time(moment: datetime) -> None:
    """Refuse a time before 1970 or in the future: one such label would stretch every chart over decades."""
    if moment < FIRST_TIME:
        raise ValidationError("Must be from 1970 on.")
    if moment > datetime.now(UTC) + AHEAD:
        raise ValidationError("Lies in the future.")


class OutputIn(InSchema):
    """One model's answer; a plain string stands for an object with `output` only. It may be empty."""

    output = fields.String(
        required=True,
        validate=validate.Length(max=MAX_TEXT),
        metadata={"description": "The text, as the model gave it."},
    )
    model_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    provider = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))
    parameters = fields.Dict(keys=fields.String(), load_default=dict)
    seed = fields.Integer(strict=True, load_default=None, allow_none=True, validate=INTEGER)
    finish_reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))
    latency_ms = fields.Integer(strict=True, load_default=None, allow_none=True, validate=COUNT)
    prompt_tokens = fields.Integer(strict=True, load_default=None, allow_none=True, validate=COUNT)
    completion_tokens = fields.Integer(strict=True, load_default=None, allow_none=True, validate=COUNT)
    cost = fields.Float(load_default=None, allow_none=True, validate=validate.Range(min=0, max=1e12))
    generated_at = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        load_default=None,
        allow_none=True,
        validate=plausible_time,
        metadata={"description": "When it was made; without a zone it is read as UTC."},
    )
    metadata = fields.Dict(keys=fields.String(), load_default=dict)

    @pre_load
    def from_text(self, data: Any, **_: Any) -> Any:
        """A plain string as the object it stands for."""
        return {"output": data} if isinstance(data, str) else data

    @post_load
    def to_draft(self, data: dict[str, Any], **_: Any) -> OutputDraft:
        """The output as services take it."""
        return OutputDraft(**data)


class OutputsIn(InSchema):
    """Further outputs of a task."""

    outputs = fields.List(
        fields.Nested(OutputIn), required=True, validate=validate.Length(min=1, max=MAX_OUTPUTS)
    )


class OutputOut(OutSchema):
    """One output as its researchers see it."""

    id = fields.String()
    index = fields.Integer(metadata={"description": "Its fixed place among the task's outputs, from 0."})
    task_version = fields.Integer()
    output = fields.String()
    model_id = fields.String(allow_none=True)
    provider = fields.String(allow_none=True)
    parameters = fields.Dict()
    seed = fields.Integer(allow_none=True)
    finish_reason = fields.String(allow_none=True)
    latency_ms = fields.Integer(allow_none=True)
    prompt_tokens = fields.Integer(allow_none=True)
    completion_tokens = fields.Integer(allow_none=True)
    cost = fields.Float(allow_none=True)
    segments = fields.List(fields.Dict())
    metadata = fields.Dict()
    stale = fields.Boolean(metadata={"description": "The task asks models something else by now."})
    error = fields.String(allow_none=True)
    generated_at = fields.DateTime(format="iso")


class OutputListOut(OutSchema):
    """All outputs of a task, in their order."""

    items = fields.List(fields.Nested(OutputOut))
