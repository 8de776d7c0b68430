"""Accounts and tokens: register, sign in, refresh, sign out, who am I."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app, g

from rlflow_core.api.access import SIGNED_IN, current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.schemas.auth import (
    AccountOut,
    LoginIn,
    PasswordIn,
    RegisterIn,
    SignedInOut,
    SignInListOut,
    TokensOut,
)
from rlflow_core.security.bearer import bearer_claims
from rlflow_core.security.password_sign_in import viewer_by_password
from rlflow_core.security.throttle import password_limit, refresh_limit, register_limit, sign_in_limit
from rlflow_core.services import accounts, own_account, refresh_families, sign_ins
from rlflow_core.services.errors import Unauthenticated
from rlflow_core.services.refresh_families import TokenPair

blueprint = Blueprint("auth", __name__, url_prefix="/auth", description="Accounts and tokens.")


@blueprint.route("/register", methods=["POST"])
@roles("public")
@register_limit
@blueprint.arguments(RegisterIn)
@blueprint.response(201, AccountOut)
@blueprint.errors(403, 404, 409)
def register(body: dict[str, Any]) -> accounts.Account:
    """Make an account; everybody starts as an annotator, unless an invitation or an admin gives another role."""
    accounts.check_registration(current_app.config["RLFLOW"], body["invitation"])
    new = accounts.credentials(body["email"], body["password"])
    return db.transact(accounts.register, new, body["invitation"])


@blueprint.route("/login", methods=["POST"])
@roles("public")
@sign_in_limit
@blueprint.arguments(LoginIn)
@blueprint.response(200, SignedInOut)
@blueprint.errors(401)
def login(body: dict[str, str]) -> dict[str, Any]:
    """Sign in; whatever is wrong, the answer is the same 401."""
    viewer = viewer_by_password(body["email"], body["password"])
    pair = db.transact(refresh_families.open_family, viewer.id)
    return {**_as_body(pair), "user": accounts.get(db.read, viewer.id)}


@blueprint.route("/refresh", methods=["POST"])
@roles("public")
@refresh_limit
@blueprint.response(200, TokensOut)
@blueprint.errors(401)
@blueprint.described(security=[{"bearer": []}])
def refresh() -> dict[str, Any]:
    """Get the next pair for a refresh token in the Authorization header; using one twice ends the sign-in."""
    claims, token = bearer_claims("refresh")
    pair = db.transact(refresh_families.rotate, claims, token)
    if pair is None:
        raise Unauthenticated("This sign-in has ended. Sign in again.", code="token_revoked")
    return _as_body(pair)


@blueprint.route("/logout", methods=["POST"])
@roles(*SIGNED_IN, takes_api_tokens=False)
@blueprint.response(204)
def logout() -> None:
    """End this sign-in: its access and refresh tokens stop counting at once."""
    db.transact(sign_ins.sign_out, g.family_id)


@blueprint.route("/password", methods=["POST"])
@roles(*SIGNED_IN, takes_api_tokens=False)
@password_limit
@blueprint.arguments(PasswordIn)
@blueprint.response(204)
@blueprint.errors(409)
def change_password(body: dict[str, str]) -> None:
    """Change your password; every other sign-in ends. API tokens go on counting: revoke those you doubt."""
    viewer = current_user()
    stored = own_account.stored_password(db.read, viewer.id)
    hashed = own_account.new_hash(viewer, body["current_password"], body["new_password"], stored)
    db.transact(own_account.change_password, viewer, stored, hashed, g.family_id)


@blueprint.route("/sessions", methods=["GET"])
@roles(*SIGNED_IN, takes_api_tokens=False)
@blueprint.response(200, SignInListOut)
def list_sessions() -> dict[str, Any]:
    """List where you are signed in, the last used first."""
    return {"items": own_account.list_sign_ins(db.read, current_user().id, g.family_id)}


@blueprint.route("/sessions/<uuid:session_id>", methods=["DELETE"])
@roles(*SIGNED_IN, takes_api_tokens=False)
@blueprint.response(204)
@blueprint.errors(404)
def end_session(session_id: UUID) -> None:
    """End one of your sign-ins at once."""
    db.transact(own_account.end_sign_in, current_user().id, str(session_id))


@blueprint.route("/me", methods=["GET"])
@roles(*SIGNED_IN)
@blueprint.response(200, AccountOut)
def me() -> accounts.Account:
    """The account that calls."""
    return accounts.get(db.read, current_user().id)


def _as_body(pair: TokenPair) -> dict[str, Any]:
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_in": pair.expires_in,
    }
