"""The members of a project: who judges in it and who runs it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.schemas.members import (
    AddedOut,
    MemberChangeIn,
    MemberIn,
    MemberListOut,
    MemberOut,
    MembersIn,
)
from rlflow_core.security.emails import canonical_email
from rlflow_core.services import members, projects
from rlflow_core.services.members import Added, MemberView

blueprint = Blueprint("members", __name__, url_prefix="/projects", description="Who belongs to a project.")


@blueprint.route("/<uuid:project_id>/members", methods=["GET"])
@roles("researcher")
@blueprint.response(200, MemberListOut)
@blueprint.errors(404)
def list_members(project_id: UUID) -> dict[str, list[MemberView]]:
    """List the members of a project, researchers first."""
    project = projects.get_visible(db.read, current_user(), str(project_id))
    return {"items": members.members(db.read, project.id)}


@blueprint.route("/<uuid:project_id>/members", methods=["POST"])
@roles("researcher")
@blueprint.arguments(MemberIn)
@blueprint.response(201, MemberOut)
@blueprint.errors(404)
def add_member(body: dict[str, str], project_id: UUID) -> MemberView:
    """Make an account a member of a project; a member gets the role."""
    email = canonical_email(body["email"])
    return db.transact(members.add_by_email, current_user(), str(project_id), email, body["role"])


@blueprint.route("/<uuid:project_id>/members/bulk", methods=["POST"])
@roles("researcher")
@blueprint.arguments(MembersIn)
@blueprint.response(200, AddedOut)
@blueprint.errors(404)
def add_members(body: dict[str, Any], project_id: UUID) -> Added:
    """Make many accounts members; addresses without an account are named, so that you can invite them."""
    return db.transact(members.add_many, current_user(), str(project_id), body["emails"], body["role"])


@blueprint.route("/<uuid:project_id>/members/<uuid:user_id>", methods=["PUT"])
@roles("researcher")
@blueprint.arguments(MemberChangeIn)
@blueprint.response(200, MemberOut)
@blueprint.errors(404, 409)
def change_member(body: dict[str, Any], project_id: UUID, user_id: UUID) -> MemberView:
    """Give a member another role, or other lanes."""
    return db.transact(members.change, current_user(), str(project_id), str(user_id), **body)


@blueprint.route("/<uuid:project_id>/members/<uuid:user_id>", methods=["DELETE"])
@roles("researcher")
@blueprint.response(204)
@blueprint.errors(404, 409)
def remove_member(project_id: UUID, user_id: UUID) -> None:
    """Take somebody out of a project: what they hold goes to others, what they judged stays."""
    db.transact(members.remove, current_user(), str(project_id), str(user_id))
