"""Links that work once: choose a new password, or make an account by an invitation."""

from __future__ import annotations

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security import web_session
from rlflow_core.security.throttle import register_limit, sign_in_limit
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import accounts, invitations, own_account, sign_ins
from rlflow_core.services.errors import Conflict, Forbidden, Invalid
from rlflow_web.requests import page, see

blueprint = Blueprint("one_time", __name__)


@blueprint.get("/password/<token>")
@web_roles("public")
def password_form(token: str) -> ResponseReturnValue:
    """The form for a new password; NotFound for a link that cannot be used any more."""
    email = sign_ins.email_of_link(db.read, token, "password")
    return page("sign_in/password.html", token=token, email=email, errors={})


@blueprint.post("/password/<token>")
@web_roles("public")
@sign_in_limit
def choose_password(token: str) -> ResponseReturnValue:
    """Store the password, end every sign-in of the person, and sign them in here."""
    email = sign_ins.email_of_link(db.read, token, "password")
    try:
        hashed = own_account.checked_hash(email, request.form.get("password", ""))
    except Invalid as error:
        return page("sign_in/password.html", 422, token=token, email=email, errors=error.errors)
    web_session.sign_in(db.transact(own_account.choose_password, token, hashed), "password_link")
    return see("/")


@blueprint.get("/invite/<token>")
@web_roles("public")
def invitation(token: str) -> ResponseReturnValue:
    """The form for an account by invitation; NotFound for one that cannot be used any more."""
    accounts.check_registration(current_app.config["RLFLOW"], token)
    offer = invitations.find(db.read, token)
    return page(
        "sign_in/invite.html", token=token, offer=offer, email=offer.email or "", errors={}, message=""
    )


@blueprint.post("/invite/<token>")
@web_roles("public")
@register_limit
def accept(token: str) -> ResponseReturnValue:
    """Make the account that the invitation offers, and sign in with it."""
    accounts.check_registration(current_app.config["RLFLOW"], token)
    offer = invitations.find(db.read, token)
    email = request.form.get("email", "")
    try:
        new = accounts.credentials(email, request.form.get("password", ""))
        account = db.transact(accounts.register, new, token)
    except (Invalid, Conflict, Forbidden) as error:
        return page(
            "sign_in/invite.html",
            409 if isinstance(error, Conflict) else 422,
            token=token,
            offer=offer,
            email=email,
            errors=error.errors,
            message="" if error.errors else error.message,
        )
    web_session.sign_in(accounts.viewer_of(account), "registration")
    return see("/")
