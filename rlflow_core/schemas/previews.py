"""Bodies of the preview of a project: what annotators would see."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.plugin_api import MAX_TEXT
from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.schemas.annotator import AskedOut, AssignedTaskOut, ShownOutputOut
from rlflow_core.services.task_content import MAX_OUTPUTS


class ProjectPreviewIn(InSchema):
    """What to show: a task of the project, something that is not stored, or with nothing the task type's example."""

    task = fields.UUID(load_default=None, metadata={"description": "A task of the project."})
    content = fields.Dict(
        keys=fields.String(),
        load_default=None,
        metadata={"description": "The content of the task type, instead of that of the task or the example."},
    )
    outputs = fields.List(
        fields.String(validate=validate.Length(max=MAX_TEXT)),
        load_default=None,
        validate=validate.Length(max=MAX_OUTPUTS),
        metadata={"description": "The outputs, instead of those of the task or the example."},
    )


class PreviewTaskOut(AssignedTaskOut):
    """The task as it is judged; `id` is null where it is not a stored one."""

    id = fields.String(allow_none=True)


class PreviewAskedOut(AskedOut):
    """What is asked, with the widget in which annotators answer it."""

    html = fields.String(
        allow_none=True, metadata={"description": "The widget; null where it cannot be made."}
    )
    problem = fields.String(allow_none=True, metadata={"description": "Why there is no widget."})


class ProjectPreviewOut(OutSchema):
    """A task as annotators would see it; outputs are those of the first comparison, in their fixed order."""

    project = fields.String()
    task_type = fields.String()
    guidelines = fields.String()
    task = fields.Nested(PreviewTaskOut)
    outputs = fields.List(fields.Nested(ShownOutputOut))
    reward_schemas = fields.List(fields.Nested(PreviewAskedOut))
