"""People: accounts as admins see, make and change them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.api.paging import Page, PageArguments, decode, page_of
from rlflow_core.extensions import db
from rlflow_core.schemas.users import (
    KINDS,
    EndedOut,
    LinkOut,
    NewUsersOut,
    UserChangeIn,
    UserOut,
    UserPageOut,
    UsersIn,
)
from rlflow_core.services import audit_reads, users
from rlflow_core.services.accounts import ROLES, own_address
from rlflow_core.services.errors import Invalid
from rlflow_core.services.sign_ins import LINK_LIFE
from rlflow_core.services.users import Filters, UserView

blueprint = Blueprint("users", __name__, url_prefix="/users", description="Accounts, for admins.")


class UserQuery(PageArguments):
    """Which people are listed."""

    q = fields.String(
        load_default=None,
        validate=validate.Length(max=200),
        metadata={"description": "A part of the address."},
    )
    role = fields.String(load_default=None, validate=validate.OneOf(ROLES))
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    disabled = fields.Boolean(load_default=None)


@blueprint.route("", methods=["GET"])
@roles("admin")
@blueprint.arguments(UserQuery, location="query")
@blueprint.response(200, UserPageOut)
def list_users(query: dict[str, Any]) -> Page:
    """List people in the order of their addresses; the audit log keeps that you looked."""
    filters = Filters(query["q"], query["role"], query["kind"], query["disabled"])
    after = str(decode(query["cursor"], str)[0]) if query["cursor"] else None
    rows = users.page(db.read, filters, query["limit"] + 1, after)
    db.transact(audit_reads.note_people, rows[: query["limit"]])
    return page_of(rows, query["limit"], key=lambda user: (user.email,))


@blueprint.route("", methods=["POST"])
@roles("admin")
@blueprint.arguments(UsersIn)
@blueprint.response(201, NewUsersOut)
@blueprint.errors(404, 409)
def create_users(body: dict[str, Any]) -> dict[str, Any]:
    """Make accounts, all or none; each person chooses a password by a link that is shown here once."""
    people = [(_address(number, one["email"]), one["role"]) for number, one in enumerate(body["users"])]
    _refuse_twice(people)
    project = str(body["project"]) if body["project"] else None
    made = db.transact(users.create_many, current_user(), people, project)
    return {"items": [{"user": new.user, "link": _link(new.link)} for new in made]}


@blueprint.route("/<uuid:user_id>", methods=["GET"])
@roles("admin")
@blueprint.response(200, UserOut)
@blueprint.errors(404)
def get_user(user_id: UUID) -> UserView:
    """Show one person; the audit log keeps that you looked."""
    user = users.get(db.read, str(user_id))
    db.transact(audit_reads.note_people, [user])
    return user


@blueprint.route("/<uuid:user_id>", methods=["PUT"])
@roles("admin")
@blueprint.arguments(UserChangeIn)
@blueprint.response(200, UserOut)
@blueprint.errors(403, 404, 409)
def change_user(body: dict[str, Any], user_id: UUID) -> UserView:
    """Give another role, close or open an account; either holds at once and ends the person's sign-ins."""
    return db.transact(users.change, str(user_id), role=body.get("role"), disabled=body.get("disabled"))


@blueprint.route("/<uuid:user_id>/end-sessions", methods=["POST"])
@roles("admin")
@blueprint.response(200, EndedOut)
@blueprint.errors(403, 404)
def end_sessions(user_id: UUID) -> dict[str, int]:
    """End all sign-ins and API tokens of a person at once."""
    return {"ended": db.transact(users.end_sessions, str(user_id))}


@blueprint.route("/<uuid:user_id>/link", methods=["POST"])
@roles("admin")
@blueprint.response(201, LinkOut)
@blueprint.errors(403, 404, 409)
def create_link(user_id: UUID) -> dict[str, Any]:
    """Make a link by which the person chooses a new password, once, within 24 hours."""
    return _link(db.transact(users.create_password_link, str(user_id)))


def _link(token: str) -> dict[str, Any]:
    return {"path": f"/password/{token}", "expires_at": datetime.now(UTC) + LINK_LIFE}


def _address(number: int, email: str) -> str:
    try:
        return own_address(email)
    except Invalid as error:
        raise Invalid(error.message, {"users": {str(number): error.errors}}) from None


def _refuse_twice(people: list[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for number, (email, _) in enumerate(people):
        if email in seen:
            reason = {"email": ["This address stands here twice."]}
            raise Invalid("The users do not fit.", {"users": {str(number): reason}})
        seen.add(email)
