"""Bodies of registration, sign-in and tokens."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.security.passwords import MAX_LENGTH, MIN_LENGTH

EMAIL = {"description": "E-mail address; its case does not matter.", "example": "ada@example.org"}


class RegisterIn(InSchema):
    """A new account; the role is not a choice."""

    email = fields.String(required=True, validate=validate.Length(max=320), metadata=EMAIL)
    password = fields.String(
        required=True,
        load_only=True,
        validate=validate.Length(min=MIN_LENGTH, max=MAX_LENGTH),
        metadata={
            "description": "Any characters; not among the most common passwords.",
            "format": "password",
        },
    )

    invitation = fields.String(
        load_default=None,
        allow_none=True,
        load_only=True,
        validate=validate.Length(max=100),
        metadata={"description": "The token of an invitation: the last part of its link."},
    )


class PasswordIn(InSchema):
    """Another password for the account that calls."""

    current_password = fields.String(
        required=True,
        load_only=True,
        validate=validate.Length(max=MAX_LENGTH),
        metadata={"format": "password"},
    )
    new_password = fields.String(
        required=True,
        load_only=True,
        validate=validate.Length(min=MIN_LENGTH, max=MAX_LENGTH),
        metadata={"format": "password"},
    )


class LoginIn(InSchema):
    """Who signs in."""

    email = fields.String(required=True, validate=validate.Length(max=320), metadata=EMAIL)
    password = fields.String(
        required=True,
        load_only=True,
        validate=validate.Length(max=MAX_LENGTH),
        metadata={"format": "password"},
    )


class AccountOut(OutSchema):
    """An account."""

    id = fields.String(metadata={"format": "uuid"})
    email = fields.String()
    role = fields.String(validate=validate.OneOf(["annotator", "researcher", "admin"]))
    created_at = fields.DateTime(format="iso")


class TokensOut(OutSchema):
    """A pair of tokens."""

    access_token = fields.String(metadata={"description": "Send it as `Authorization: Bearer ...`."})
    refresh_token = fields.String(metadata={"description": "Gets the next pair, once."})
    token_type = fields.Constant("Bearer")
    expires_in = fields.Integer(metadata={"description": "Seconds for which the access token counts."})


class SignInOut(OutSchema):
    """One place where the account is signed in."""

    id = fields.String(metadata={"format": "uuid"})
    kind = fields.String(metadata={"enum": ["web", "api"]})
    ip = fields.String(allow_none=True)
    agent = fields.String(
        allow_none=True, metadata={"description": "What the browser or program calls itself."}
    )
    created_at = fields.DateTime()
    seen_at = fields.DateTime()
    is_this = fields.Boolean(metadata={"description": "Whether it is the one that asks."})


class SignInListOut(OutSchema):
    """Where the account is signed in."""

    items = fields.List(fields.Nested(SignInOut))


class SignedInOut(TokensOut):
    """A pair of tokens, and whose it is."""

    user = fields.Nested(AccountOut)
