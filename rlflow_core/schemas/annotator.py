"""Bodies of the annotator's queue and assignments."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.services.queue import SkipReason


class NextIn(InSchema):
    """Where to take the next task from."""

    project = fields.UUID(metadata={"description": "A project; without it the first that has work."})


class JoinIn(InSchema):
    """The code of a project, as a researcher gave it."""

    code = fields.String(required=True, validate=validate.Length(min=1, max=40))


class JoinedOut(OutSchema):
    """The project that the code opens."""

    project = fields.String(attribute="id")
    name = fields.String()
    status = fields.String()


class ProgressOut(OutSchema):
    """How far the annotator is in a project."""

    done = fields.Integer()
    leased = fields.Integer()
    postponed = fields.Integer()
    remaining = fields.Integer()


class ReasonOut(OutSchema):
    """Why there is nothing to take."""

    code = fields.Function(lambda reason: reason.code.value, metadata={"type": "string"})
    sentence = fields.String()
    number = fields.Integer(allow_none=True)
    next_at = fields.DateTime(format="iso", allow_none=True)


class QueueEntryOut(OutSchema):
    """One project that the annotator may work in."""

    project = fields.String(attribute="project_id")
    name = fields.String()
    status = fields.String()
    joined = fields.Boolean()
    progress = fields.Nested(ProgressOut, allow_none=True)
    reason = fields.Nested(ReasonOut, allow_none=True)


class MessageOut(OutSchema):
    """One chat message."""

    role = fields.String()
    content = fields.String()


class AssignedTaskOut(OutSchema):
    """The task as it is judged."""

    id = fields.String()
    version = fields.Integer()
    content = fields.Dict()
    messages = fields.List(fields.Nested(MessageOut))


class SegmentOut(OutSchema):
    """A part of an output that labels may refer to by `index`."""

    index = fields.Integer()
    kind = fields.String()
    text = fields.String()
    role = fields.String(allow_none=True)


class ShownOutputOut(OutSchema):
    """One output as shown; `model_id` is null where the project hides it."""

    id = fields.String()
    letter = fields.String()
    position = fields.Integer()
    text = fields.String()
    segments = fields.List(fields.Nested(SegmentOut))
    model_id = fields.String(allow_none=True)


class AskedOut(OutSchema):
    """What is asked: a reward schema under its name in the project, and the JSON Schema of its answer."""

    name = fields.String()
    key = fields.String()
    title = fields.String()
    config = fields.Dict()
    response_schema = fields.Dict()


class AssignmentOut(OutSchema):
    """An assignment with all that judging it needs."""

    id = fields.String()
    state = fields.String()
    project = fields.String(attribute="project_id")
    project_name = fields.String()
    project_revision = fields.Integer()
    task_type = fields.String()
    task = fields.Nested(AssignedTaskOut)
    outputs = fields.List(fields.Nested(ShownOutputOut))
    reward_schemas = fields.List(fields.Nested(AskedOut))
    guidelines = fields.String()
    assigned_at = fields.DateTime(format="iso")
    lease_until = fields.DateTime(format="iso", allow_none=True)
    returned = fields.Boolean()
    note = fields.String(allow_none=True)
    draft = fields.Dict(allow_none=True)


class OfferOut(OutSchema):
    """The next assignment, or the reason why there is none."""

    assignment = fields.Nested(AssignmentOut, allow_none=True)
    reason = fields.Nested(ReasonOut, allow_none=True)


class SkipIn(InSchema):
    """Why a task is set aside."""

    reason = fields.String(required=True, validate=validate.OneOf([reason.value for reason in SkipReason]))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=2000))


class SkippedOut(OutSchema):
    """What became of a skipped assignment."""

    id = fields.String(attribute="assignment_id")
    state = fields.Constant("skipped")


class DraftIn(InSchema):
    """An unsent answer and the milliseconds of work so far."""

    response = fields.Dict(keys=fields.String(), required=True)
    active_ms = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(min=0, max=2**31 - 1)
    )


class DraftOut(OutSchema):
    """A stored draft."""

    version = fields.Integer()
    saved_at = fields.DateTime(format="iso")
