"""Bodies of API tokens."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.services.tokens import DEFAULT_DAYS, MAX_DAYS, SCOPES

SCOPE = {
    "enum": list(SCOPES),
    "description": "The most it may do: look (`read`), all that researchers or annotators may (`write`), "
    "all that admins may (`admin`).",
}


class TokenIn(InSchema):
    """A token that is wanted."""

    name = fields.String(
        required=True,
        validate=[validate.Length(min=1, max=100), validate.Regexp(r"\S", error="Write what it is for.")],
        metadata={"description": "What it is for."},
    )
    scope = fields.String(load_default="write", validate=validate.OneOf(SCOPES), metadata=SCOPE)
    expires_in_days = fields.Integer(
        load_default=DEFAULT_DAYS,
        allow_none=True,
        validate=validate.Range(min=1, max=MAX_DAYS),
        metadata={"description": "null: until it is revoked."},
    )


class TokenOut(OutSchema):
    """A token; its text is not kept."""

    id = fields.String(metadata={"format": "uuid"})
    name = fields.String()
    scope = fields.String(metadata=SCOPE)
    start = fields.String(metadata={"description": "Its first characters."})
    created_at = fields.DateTime()
    expires_at = fields.DateTime(allow_none=True)
    last_used_at = fields.DateTime(allow_none=True, metadata={"description": "To the hour."})


class TokenListOut(OutSchema):
    """The tokens that count."""

    items = fields.List(fields.Nested(TokenOut))


class NewTokenOut(TokenOut):
    """A token that was just made."""

    token = fields.String(metadata={"description": "Shown now and never again."})
