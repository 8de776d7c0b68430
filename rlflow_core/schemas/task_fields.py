"""What a task may carry beside its content, the same in requests and in imported lines."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

TAG = validate.Length(min=1, max=100)
TAGS = validate.Length(max=50)
PRIORITY = validate.Range(min=-1_000_000, max=1_000_000)
STATUS = validate.OneOf(("draft", "open", "paused", "completed", "archived"))


class TaskFields(Schema):
    """Tags, metadata, priority and the task's name in the place it comes from."""

    tags = fields.List(fields.String(validate=TAG), load_default=list, validate=TAGS)
    metadata = fields.Dict(keys=fields.String(), load_default=dict)
    priority = fields.Integer(strict=True, load_default=0, validate=PRIORITY)
    key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=200),
        metadata={"description": "Its name elsewhere; unique in the project."},
    )
