"""Bodies of an annotator's own judgements."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.schemas.feedback import DAY_SECONDS


class AnswerIn(InSchema):
    """An answer in place of the one that stands."""

    response = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String()))
    reward_scalar = fields.Float(metadata={"description": "Short for the one reward schema that takes it."})
    rationale = fields.String(metadata={"description": "Short for the one reward schema that takes it."})
    preference = fields.String(metadata={"description": "Short for the one reward schema that takes it."})
    seconds = fields.Float(
        validate=validate.Range(min=0, max=DAY_SECONDS),
        metadata={"description": "Active time, on top of what the judgement took before."},
    )
    revision = fields.Integer(
        strict=True, metadata={"description": "The revision that was read, unless If-Match says so."}
    )


class OwnFeedbackOut(OutSchema):
    """One judgement of yours beside what it is about."""

    id = fields.String()
    assignment_id = fields.String(attribute="feedback.assignment_id")
    project = fields.String(attribute="feedback.project_id")
    project_name = fields.String()
    task_id = fields.String(attribute="feedback.task_id")
    prompt = fields.String(metadata={"description": "The start of the task."})
    revision = fields.Integer(attribute="feedback.revision")
    state = fields.String(attribute="feedback.state")
    response = fields.Dict(attribute="feedback.response")
    reward_scalar = fields.Float(attribute="feedback.reward_scalar", allow_none=True)
    rationale = fields.String(attribute="feedback.rationale", allow_none=True)
    seconds = fields.Float(attribute="feedback.seconds", allow_none=True)
    created_at = fields.DateTime(attribute="feedback.created_at", format="iso")
    returned = fields.Boolean()
    note = fields.String(allow_none=True)
    can_revise = fields.Boolean()


class OwnFeedbackPageOut(OutSchema):
    """A page of your judgements, newest first."""

    items = fields.List(fields.Nested(OwnFeedbackOut))
    next = fields.String(allow_none=True)
