"""The body of every error."""

from __future__ import annotations

from marshmallow import fields

from rlflow_core.schemas import OutSchema


class Error(OutSchema):
    """The one error envelope."""

    code = fields.String(required=True, metadata={"description": "A short word for machines."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    message = fields.String(required=True, metadata={"description": "A sentence for people."})
    errors = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "What does not fit: by place (json, query, form), then by field."},
    )
