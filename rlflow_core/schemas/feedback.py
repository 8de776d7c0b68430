"""Bodies of feedback."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.schemas.annotator import OfferOut

DAY_SECONDS = 86_400


class FeedbackIn(InSchema):
    """An answer: `response` by reward schema name, or the short form where one schema of the project takes it."""

    assignment_id = fields.UUID(required=True)
    response = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String()))
    reward_scalar = fields.Float(metadata={"description": "Short for the one reward schema that takes it."})
    rationale = fields.String(metadata={"description": "Short for the one reward schema that takes it."})
    preference = fields.String(metadata={"description": "Short for the one reward schema that takes it."})
    seconds = fields.Float(
        validate=validate.Range(min=0, max=DAY_SECONDS), metadata={"description": "Active time."}
    )
    next = fields.Boolean(
        load_default=False, metadata={"description": "Answer with the next assignment, too."}
    )


class ReturnIn(InSchema):
    """Why a judgement goes back, and how long it is reserved for its annotator."""

    note = fields.String(required=True, validate=validate.Length(min=1, max=2000))
    expires_in_minutes = fields.Integer(
        strict=True, load_default=7 * 24 * 60, validate=validate.Range(min=5, max=60 * 24 * 60)
    )


class FeedbackQuery(InSchema):
    """Whether the answer brings the next assignment."""

    next = fields.Boolean(load_default=False)


class FeedbackOut(OutSchema):
    """One label as stored; annotators appear under their pseudonym."""

    id = fields.String()
    assignment_id = fields.String()
    project = fields.String(attribute="project_id")
    task_id = fields.String()
    annotator = fields.String()
    revision = fields.Integer()
    state = fields.String()
    source = fields.String()
    purpose = fields.String()
    shown = fields.List(
        fields.String(),
        metadata={
            "description": "The ids of the outputs as they were shown: `first` and 1 are the first of them."
        },
    )
    response = fields.Dict()
    reward_scalar = fields.Float(allow_none=True)
    rationale = fields.String(allow_none=True)
    quality_score = fields.Float(allow_none=True)
    seconds = fields.Float(allow_none=True)
    created_at = fields.DateTime(format="iso")


class SubmittedOut(FeedbackOut):
    """The stored label, and the next assignment where it was asked for."""

    next = fields.Nested(OfferOut, allow_none=True)


class TaskFeedbackOut(OutSchema):
    """All labels of a task that the caller may see."""

    items = fields.List(fields.Nested(FeedbackOut))
