"""Bodies of invitations."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.services.accounts import ROLES
from rlflow_core.services.invitations import DEFAULT_DAYS, MAX_DAYS


class InvitationIn(InSchema):
    """An invitation that is wanted."""

    email = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=320),
        metadata={"description": "Who may use it; left out: whoever has the link."},
    )
    role = fields.String(load_default="annotator", validate=validate.OneOf(ROLES))
    project = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "The person becomes a member of it."}
    )
    expires_in_days = fields.Integer(load_default=DEFAULT_DAYS, validate=validate.Range(min=1, max=MAX_DAYS))


class InvitationOut(OutSchema):
    """An invitation that nobody has used."""

    id = fields.String(metadata={"format": "uuid"})
    email = fields.String(allow_none=True)
    role = fields.String(metadata={"enum": list(ROLES)})
    project = fields.String(attribute="project_id", allow_none=True)
    created_at = fields.DateTime()
    expires_at = fields.DateTime()


class InvitationListOut(OutSchema):
    """The invitations that can still be used."""

    items = fields.List(fields.Nested(InvitationOut))


class NewInvitationOut(InvitationOut):
    """An invitation that was just made."""

    path = fields.String(
        metadata={"description": "Below the address of this server; shown now and never again."}
    )
