"""The first admin, by the set-up link of a new server."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security import web_session
from rlflow_core.security.throttle import sign_in_limit
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import accounts, sign_ins
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_web.requests import page, see

blueprint = Blueprint("setup", __name__)


@blueprint.get("/setup/<token>")
@web_roles("public")
def form(token: str) -> ResponseReturnValue:
    """The form for the first admin; NotFound for a link that cannot be used any more."""
    if not sign_ins.is_setup_link(db.read, token):
        raise NotFound("link that can still be used")
    return page("setup/setup.html", token=token, email="", errors={}, message="")


@blueprint.post("/setup/<token>")
@web_roles("public")
@sign_in_limit
def complete(token: str) -> ResponseReturnValue:
    """Make the first admin and sign them in."""
    email = request.form.get("email", "")
    try:
        viewer = db.transact(accounts.complete_setup, token, email, request.form.get("password", ""))
    except (Invalid, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 422
        message = "" if error.errors else error.message
        return page(
            "setup/setup.html", status, token=token, email=email, errors=error.errors, message=message
        )
    web_session.sign_in(viewer, "setup_link")
    return see("/")
