"""People: admins find them, give them accounts, roles and links, and close accounts."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import accounts, audit_reads, invitations, users
from rlflow_core.services.errors import Conflict, Forbidden, Invalid, NotFound
from rlflow_core.services.users import Filters
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("users", __name__)

SHOWN = 50
STATES = {"": None, "open": False, "closed": True}


@blueprint.get("/users")
@web_roles("admin")
def index() -> ResponseReturnValue:
    """People in the order of their addresses, narrowed by a search, and the invitations that are open."""
    text = request.args.get("q", "").strip()[:200]
    role, state = request.args.get("role", ""), request.args.get("state", "")
    filters = Filters(
        text=text or None,
        role=role if role in accounts.ROLES else None,
        kind="imported" if state == "imported" else "human",
        disabled=STATES.get(state),
    )
    found = users.page(db.read, filters, SHOWN + 1, request.args.get("after"))
    shown, given = found[:SHOWN], {"q": text, "role": role, "state": state}
    more = urlencode({**given, "after": shown[-1].email}) if len(found) > SHOWN else ""
    open_invitations = invitations.list_open(db.read)
    db.transact(audit_reads.note_people, shown)
    return page(
        "users/list.html",
        people=shown,
        more=f"/users?{more}" if more else "",
        roles=accounts.ROLES,
        invitations=open_invitations,
        q=text,
        role=role,
        state=state,
    )


@blueprint.get("/users/new")
@web_roles("admin")
def new() -> ResponseReturnValue:
    """The form for new accounts and for an invitation."""
    return _form()


@blueprint.post("/users/new")
@web_roles("admin")
def create() -> ResponseReturnValue:
    """Make the accounts, and show each person's link once."""
    lines = request.form.get("emails", "").replace(",", "\n").split()
    role = request.form.get("role", "annotator")
    try:
        people = [(address, role) for address in dict.fromkeys(_addresses(lines))]
        made = db.transact(users.create_many, viewer(), people)
    except (Invalid, Conflict) as error:
        return _form(422, emails=request.form.get("emails", ""), role=role, error=error)
    return page("users/links.html", 201, links=[(one.user.email, f"/password/{one.link}") for one in made])


@blueprint.post("/users/invite")
@web_roles("admin")
def invite() -> ResponseReturnValue:
    """Make an invitation, and show its link once."""
    email, role = request.form.get("email", "").strip(), request.form.get("role", "annotator")
    try:
        address = accounts.own_address(email) if email else None
        days = invitations.DEFAULT_DAYS
        made = db.transact(invitations.create, viewer(), address, accounts.known(role), None, days)
    except Invalid as error:
        return _form(422, email=email, invited_role=role, invite_error=error)
    return page("users/links.html", 201, links=[(address or "Whoever has it", f"/invite/{made.token}")])


@blueprint.post("/users/invitations/<uuid:invitation_id>/revoke")
@web_roles("admin")
def revoke_invitation(invitation_id: UUID) -> ResponseReturnValue:
    """End an invitation."""
    db.transact(invitations.revoke, str(invitation_id))
    flash("The invitation no longer works.", "ok")
    return see("/users")


@blueprint.get("/users/<uuid:user_id>")
@web_roles("admin")
def show(user_id: UUID) -> ResponseReturnValue:
    """One person, and what an admin can do for them."""
    person = users.get(db.read, str(user_id))
    db.transact(audit_reads.note_people, [person])
    return page("users/one.html", person=person, roles=accounts.ROLES)


@blueprint.post("/users/<uuid:user_id>/role")
@web_roles("admin")
def change_role(user_id: UUID) -> ResponseReturnValue:
    """Give the person another role."""
    return _changed(str(user_id), "The role holds from now on.", role=request.form.get("role", ""))


@blueprint.post("/users/<uuid:user_id>/close")
@web_roles("admin")
def close(user_id: UUID) -> ResponseReturnValue:
    """Close the account; its work stays."""
    return _changed(str(user_id), "The account is closed. Its work stays.", disabled=True)


@blueprint.post("/users/<uuid:user_id>/open")
@web_roles("admin")
def reopen(user_id: UUID) -> ResponseReturnValue:
    """Open the account again."""
    return _changed(str(user_id), "The account is open again.", disabled=False)


@blueprint.post("/users/<uuid:user_id>/end-sessions")
@web_roles("admin")
def end_sessions(user_id: UUID) -> ResponseReturnValue:
    """End all sign-ins and API tokens of the person."""
    db.transact(users.end_sessions, str(user_id))
    if str(user_id) == viewer().id:
        return see("/sign-in")
    flash("All sign-ins and API tokens have ended.", "ok")
    return see(f"/users/{user_id}")


@blueprint.post("/users/<uuid:user_id>/link")
@web_roles("admin")
def link(user_id: UUID) -> ResponseReturnValue:
    """Make a link for a new password, and show it once."""
    token = db.transact(users.create_password_link, str(user_id))
    person = users.get(db.read, str(user_id))
    return page("users/links.html", 201, links=[(person.email, f"/password/{token}")])


def _changed(
    user_id: str, note: str, *, role: str | None = None, disabled: bool | None = None
) -> ResponseReturnValue:
    try:
        db.transact(users.change, user_id, role=role, disabled=disabled)
    except (Conflict, Invalid, Forbidden) as error:
        flash(error.message, "bad")
    except NotFound:
        raise
    else:
        flash(note, "ok")
    return see(f"/users/{user_id}")


def _addresses(lines: list[str]) -> list[str]:
    if not lines or len(lines) > users.MOST_AT_ONCE:
        raise Invalid(
            "The addresses do not fit.",
            {"users": [f"Write 1 to {users.MOST_AT_ONCE} addresses, one per line."]},
        )
    addresses = []
    for line in lines:
        try:
            addresses.append(accounts.own_address(line))
        except Invalid as error:
            reason = " ".join(error.errors["email"])
            raise Invalid(error.message, {"users": [f"{line[:80]}: {reason}"]}) from None
    return addresses


def _form(
    status: int = 200,
    *,
    emails: str = "",
    role: str = "annotator",
    email: str = "",
    invited_role: str = "annotator",
    error: Invalid | Conflict | None = None,
    invite_error: Invalid | None = None,
) -> ResponseReturnValue:
    return page(
        "users/new.html",
        status,
        roles=accounts.ROLES,
        emails=emails,
        role=role,
        email=email,
        invited_role=invited_role,
        problems=_texts(error),
        invite_problems=_texts(invite_error),
    )


def _texts(error: Invalid | Conflict | None) -> list[str]:
    if error is None:
        return []
    return [text for texts in error.errors.values() for text in texts] or [error.message]
