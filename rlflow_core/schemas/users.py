"""Bodies of accounts as admins make and change them."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.schemas.auth import EMAIL
from rlflow_core.services.accounts import ROLES
from rlflow_core.services.users import MOST_AT_ONCE

KINDS = ("human", "model", "imported")


class UserIn(InSchema):
    """One person."""

    email = fields.String(required=True, validate=validate.Length(max=320), metadata=EMAIL)
    role = fields.String(load_default="annotator", validate=validate.OneOf(ROLES))


class UsersIn(InSchema):
    """The people who get an account, all or none."""

    users = fields.List(
        fields.Nested(UserIn), required=True, validate=validate.Length(min=1, max=MOST_AT_ONCE)
    )
    project = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "They become members of this project."}
    )


class UserChangeIn(InSchema):
    """What changes; what is left out stays."""

    role = fields.String(validate=validate.OneOf(ROLES))
    disabled = fields.Boolean(truthy={True}, falsy={False})


class UserOut(OutSchema):
    """A person."""

    id = fields.String(metadata={"format": "uuid"})
    email = fields.String()
    role = fields.String(metadata={"enum": list(ROLES)})
    kind = fields.String(
        metadata={"enum": list(KINDS), "description": "Annotators of imported votes are `imported`."}
    )
    disabled = fields.Boolean()
    has_password = fields.Boolean()
    projects = fields.Integer(metadata={"description": "Of how many projects a member."})
    created_at = fields.DateTime()
    disabled_at = fields.DateTime(allow_none=True)
    last_seen_at = fields.DateTime(allow_none=True)


class UserPageOut(OutSchema):
    """One page of people."""

    items = fields.List(fields.Nested(UserOut))
    next = fields.String(allow_none=True)


class LinkOut(OutSchema):
    """A link that works once; it is shown now and never again."""

    path = fields.String(metadata={"description": "Below the address of this server."})
    expires_at = fields.DateTime()


class NewUserOut(OutSchema):
    """A person who was just given an account, and the link by which they choose a password."""

    user = fields.Nested(UserOut)
    link = fields.Nested(LinkOut)


class NewUsersOut(OutSchema):
    """The people who were given an account."""

    items = fields.List(fields.Nested(NewUserOut))


class EndedOut(OutSchema):
    """How many sign-ins and API tokens ended."""

    ended = fields.Integer()
