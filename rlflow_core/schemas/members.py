"""Bodies of the members of a project."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.services.members import MOST_AT_ONCE

ROLE = validate.OneOf(("researcher", "annotator"))
EMAIL = validate.Length(min=3, max=320)


class MemberIn(InSchema):
    """Who becomes a member, as what."""

    email = fields.String(required=True, validate=EMAIL)
    role = fields.String(required=True, validate=ROLE)


class MembersIn(InSchema):
    """Who become members; who is one already keeps their role."""

    emails = fields.List(
        fields.String(validate=validate.Length(min=1, max=320)),
        required=True,
        validate=validate.Length(min=1, max=MOST_AT_ONCE),
    )
    role = fields.String(load_default="annotator", validate=ROLE)


class MemberChangeIn(InSchema):
    """Another role, or other lanes; what is left out stays."""

    role = fields.String(validate=ROLE)
    lanes = fields.List(
        fields.String(validate=validate.Length(max=64)),
        metadata={
            "description": "Where an annotator is given work from, in this order; the plain lane is empty."
        },
    )


class MemberOut(OutSchema):
    """One member; exports and scores name annotators by their pseudonym."""

    user_id = fields.String()
    email = fields.String()
    role = fields.String()
    pseudonym = fields.String()
    lanes = fields.List(fields.String())
    joined_at = fields.DateTime(format="iso")


class MemberListOut(OutSchema):
    """All members of a project, researchers first."""

    items = fields.List(fields.Nested(MemberOut))


class AddedOut(OutSchema):
    """Who became a member, and the addresses that have no account or are none."""

    members = fields.List(fields.Nested(MemberOut))
    without_account = fields.List(fields.String())
    unreadable = fields.List(fields.String())
