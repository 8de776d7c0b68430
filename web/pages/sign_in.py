"""Signing in and out, registering, and one-time links."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, current_app, flash, make_response, request
from flask.typing import ResponseReturnValue

from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.security import web_session
from rlflow_core.security.password_sign_in import viewer_by_password
from rlflow_core.security.roles import SIGNED_IN
from rlflow_core.security.throttle import register_limit, say_retry_after, sign_in_limit
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import accounts, sign_ins
from rlflow_core.services.errors import Conflict, Invalid, TooManyRequests, Unauthenticated
from rlflow_web import kept_forms
from rlflow_web.kept_forms import KeptForm
from rlflow_web.requests import own_path, page, see

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@web_roles("public")
def form() -> ResponseReturnValue:
    """The sign-in form; who is signed in already goes on."""
    if web_session.current_web_user() is not None:
        return see(own_path(request.args.get("next")))
    return _form(200, own_path(request.args.get("next")))


@blueprint.post("/sign-in")
@web_roles("public")
@sign_in_limit
def sign_in() -> ResponseReturnValue:
    """Sign in and go on to where the person wanted to be; whatever is wrong, the form says the same."""
    email, go_on = request.form.get("email", ""), own_path(request.form.get("next"))
    kept = kept_forms.read(request.form.get(kept_forms.FIELD, ""))
    try:
        viewer = viewer_by_password(email, request.form.get("password", ""))
    except Unauthenticated as error:
        return _form(401, go_on, email=email, error=error.message, kept=kept)
    except TooManyRequests as error:
        say_retry_after(error.retry_after)
        return _form(429, go_on, email=email, error=error.message, kept=kept)
    web_session.sign_in(viewer)
    return page("sign_in/send_again.html", kept=kept) if kept else see(go_on)


def form_with(kept: KeptForm) -> ResponseReturnValue:
    """The sign-in form for somebody whose sign-in ended while they wrote `kept`."""
    return make_response(_form(401, "/", kept=kept))


@blueprint.post("/sign-out")
@web_roles(*SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this sign-in."""
    web_session.sign_out()
    flash("You are signed out.", "info")
    return see("/sign-in")


@blueprint.get("/register")
@web_roles("public")
def register_form() -> ResponseReturnValue:
    """The form for a new account, where people may make one by themselves."""
    accounts.check_registration(_settings())
    return page("sign_in/register.html", email="", errors={})


@blueprint.post("/register")
@web_roles("public")
@register_limit
def register() -> ResponseReturnValue:
    """Make an annotator's account and sign in with it."""
    accounts.check_registration(_settings())
    email = request.form.get("email", "")
    try:
        new = accounts.credentials(email, request.form.get("password", ""))
        account = db.transact(accounts.register, new)
    except (Invalid, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return page("sign_in/register.html", status, email=email, errors=error.errors)
    web_session.sign_in(accounts.viewer_of(account), "registration")
    return see("/")


@blueprint.get("/link/<token>")
@web_roles("public")
def link(token: str) -> ResponseReturnValue:
    """Asks before a one-time link is used up: programs that look at links in mails must not sign in."""
    return page("sign_in/link.html", token=token)


@blueprint.post("/link/<token>")
@web_roles("public")
@sign_in_limit
def use_link(token: str) -> ResponseReturnValue:
    """Sign in with a one-time link."""
    web_session.sign_in(db.transact(sign_ins.use_sign_in_link, token), "link")
    return see("/")


def _form(
    status: int, go_on: str, *, email: str = "", error: str = "", kept: KeptForm | None = None
) -> ResponseReturnValue:
    return page(
        "sign_in/sign_in.html",
        status,
        go_on=go_on,
        email=email,
        error=error,
        kept=kept,
        # An error page, which this may be too, asks for no token by itself.
        csrf_token=web_session.csrf_token(),
        registration=_settings().registration,
        is_set_up=accounts.has_admin(db.read),
        is_readable_by_others=not request.is_secure and not _is_this_machine(request.host),
    )


def _is_this_machine(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _settings() -> Settings:
    settings: Settings = current_app.config["RLFLOW"]
    return settings
