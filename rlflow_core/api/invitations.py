"""Invitations: links by which people make an account."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.schemas.invitations import InvitationIn, InvitationListOut, NewInvitationOut
from rlflow_core.services import invitations
from rlflow_core.services.accounts import own_address
from rlflow_core.services.invitations import InvitationView

blueprint = Blueprint(
    "invitations", __name__, url_prefix="/invitations", description="Links to make an account, for admins."
)


@blueprint.route("", methods=["GET"])
@roles("admin")
@blueprint.response(200, InvitationListOut)
def list_invitations() -> dict[str, list[InvitationView]]:
    """List the invitations that can still be used, newest first."""
    return {"items": invitations.list_open(db.read)}


@blueprint.route("", methods=["POST"])
@roles("admin")
@blueprint.arguments(InvitationIn)
@blueprint.response(201, NewInvitationOut)
@blueprint.errors(404)
def create_invitation(body: dict[str, Any]) -> dict[str, Any]:
    """Invite one person, as an annotator unless you say otherwise; the link is shown here once."""
    email = own_address(body["email"]) if body["email"] else None
    project = str(body["project"]) if body["project"] else None
    made = db.transact(
        invitations.create, current_user(), email, body["role"], project, body["expires_in_days"]
    )
    return {**asdict(made.view), "path": f"/invite/{made.token}"}


@blueprint.route("/<uuid:invitation_id>", methods=["DELETE"])
@roles("admin")
@blueprint.response(204)
@blueprint.errors(404)
def revoke_invitation(invitation_id: UUID) -> None:
    """End an invitation, so that its link no longer works."""
    db.transact(invitations.revoke, str(invitation_id))
