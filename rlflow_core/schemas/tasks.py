"""Bodies of tasks."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.plugin_api import MAX_TEXT
from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.schemas.outputs import OutputIn
from rlflow_core.schemas.task_fields import PRIORITY, STATUS, TAG, TAGS, TaskFields
from rlflow_core.services.task_content import MAX_OUTPUTS

COMMON_CONTENT = ("prompt", "expected_behavior", "evaluation_criteria")


class ContentIn(InSchema):
    """The content that every task type has, at the top level; `content` holds the fields of its own type."""

    prompt = fields.String(
        validate=validate.Length(min=1, max=MAX_TEXT),
        metadata={"description": "What the model was asked.", "example": "Why is the sky blue?"},
    )
    expected_behavior = fields.String(
        validate=validate.Length(max=MAX_TEXT), metadata={"description": "What a good answer does."}
    )
    evaluation_criteria = fields.String(
        validate=validate.Length(max=MAX_TEXT), metadata={"description": "What counts, in which order."}
    )
    content = fields.Dict(
        keys=fields.String(),
        metadata={
            "description": "Fields of the task type: see CONTENT_SCHEMA at /components/task_type/{key}."
        },
    )


class TaskIn(ContentIn, TaskFields):
    """A new task; without `project` it goes to your default project of its `type`."""

    project = fields.UUID(metadata={"description": "Its project; needed unless `type` is given."})
    type = fields.String(validate=validate.Length(max=64), metadata={"description": "Key of a task type."})
    status = fields.String(load_default="open", validate=STATUS)
    outputs = fields.List(
        fields.Nested(OutputIn), load_default=list, validate=validate.Length(max=MAX_OUTPUTS)
    )


class TaskChangeIn(ContentIn):
    """A new version of a task; fields that are left out keep their value."""

    version = fields.Integer(
        strict=True, metadata={"description": "The version that was read, unless If-Match says so."}
    )
    tags = fields.List(fields.String(validate=TAG), validate=TAGS)
    metadata = fields.Dict(keys=fields.String())
    priority = fields.Integer(strict=True, validate=PRIORITY)
    status = fields.String(validate=STATUS)


class TaskOut(OutSchema):
    """A task at its newest version."""

    id = fields.String()
    project = fields.String(attribute="project_id")
    type = fields.String()
    prompt = fields.String()
    status = fields.String()
    version = fields.Integer()
    content = fields.Dict()
    tags = fields.List(fields.String())
    metadata = fields.Dict()
    priority = fields.Integer()
    key = fields.String(allow_none=True)
    outputs = fields.Integer(metadata={"description": "How many outputs can be judged."})
    creator_id = fields.String()
    created_at = fields.DateTime(format="iso")
    updated_at = fields.DateTime(format="iso")


class TaskPageOut(OutSchema):
    """A page of tasks, newest first."""

    items = fields.List(fields.Nested(TaskOut))
    next = fields.String(allow_none=True)


class VersionOut(OutSchema):
    """One version of a task, with the chat messages that models answer."""

    version = fields.Integer(attribute="number")
    content = fields.Dict()
    messages = fields.List(fields.Dict())
    created_by = fields.String()
    created_at = fields.DateTime(format="iso")


class VersionListOut(OutSchema):
    """All versions of a task, newest first."""

    items = fields.List(fields.Nested(VersionOut))
