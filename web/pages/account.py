"""A person's own account: password, where they are signed in, API tokens, theme."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security import web_session
from rlflow_core.security.roles import SIGNED_IN
from rlflow_core.security.throttle import password_limit
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import own_account, tokens
from rlflow_core.services.errors import Conflict, Forbidden, Invalid
from rlflow_core.services.tokens import DEFAULT_DAYS, SCOPES
from rlflow_web.agents import program_name
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("account", __name__)

LIVES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "1 year", "": "until revoked"}
LONGEST_NAME = 100


@blueprint.get("/account")
@web_roles(*SIGNED_IN)
def index() -> ResponseReturnValue:
    """The account page."""
    return _page()


@blueprint.post("/account/password")
@web_roles(*SIGNED_IN)
@password_limit
def change_password() -> ResponseReturnValue:
    """Store another password; every other sign-in ends."""
    person = viewer()
    stored = own_account.stored_password(db.read, person.id)
    try:
        hashed = own_account.new_hash(
            person, request.form.get("current_password", ""), request.form.get("new_password", ""), stored
        )
        db.transact(own_account.change_password, person, stored, hashed, web_session.current_session_id())
    except Invalid as error:
        return _page(422, password_errors=error.errors)
    flash("The password is changed. You are signed out everywhere else.", "ok")
    return see("/account")


@blueprint.post("/account/tokens")
@web_roles(*SIGNED_IN)
def create_token() -> ResponseReturnValue:
    """Make an API token, and show it once."""
    name, scope = request.form.get("name", "").strip(), request.form.get("scope", "")
    days = request.form.get("days", str(DEFAULT_DAYS))
    try:
        _check_token(name, scope, days)
        made = db.transact(tokens.create, viewer(), name, scope, int(days) if days else None)
    except (Invalid, Conflict, Forbidden) as error:
        problems = [text for texts in error.errors.values() for text in texts] or [error.message]
        return _page(422, token_problems=problems, token={"name": name, "scope": scope, "days": days})
    return _page(201, made=made)


@blueprint.post("/account/tokens/<uuid:token_id>/revoke")
@web_roles(*SIGNED_IN)
def revoke_token(token_id: UUID) -> ResponseReturnValue:
    """End an API token."""
    db.transact(tokens.revoke, viewer().id, str(token_id))
    flash("The token no longer works.", "ok")
    return see("/account")


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@web_roles(*SIGNED_IN)
def end_session(session_id: UUID) -> ResponseReturnValue:
    """End one of the person's sign-ins."""
    if str(session_id) == web_session.current_session_id():
        web_session.sign_out()
        return see("/sign-in")
    db.transact(own_account.end_sign_in, viewer().id, str(session_id))
    flash("That sign-in has ended.", "ok")
    return see("/account")


def _check_token(name: str, scope: str, days: str) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(
            "The token does not fit.", {"name": [f"Write what it is for, up to {LONGEST_NAME} characters."]}
        )
    if scope not in SCOPES or days not in LIVES:
        raise Invalid("The token does not fit.", {"scope": ["Choose what it may do and how long it counts."]})


def _page(status: int = 200, **more: Any) -> ResponseReturnValue:
    person = viewer()
    signed_in = own_account.list_sign_ins(db.read, person.id, web_session.current_session_id())
    context: dict[str, Any] = {
        "tokens": tokens.list_own(db.read, person.id),
        "sign_ins": [(one, program_name(one.agent)) for one in signed_in],
        "has_password": own_account.stored_password(db.read, person.id) is not None,
        "scopes": [scope for scope in SCOPES if scope != "admin" or person.role == "admin"],
        "lives": LIVES,
        "token": {"name": "", "scope": "write", "days": str(DEFAULT_DAYS)},
        "password_errors": {},
        "token_problems": [],
        "made": None,
    }
    return page("account/account.html", status, **{**context, **more})
