"""API tokens: for scripts that call the API as you."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from rlflow_core.api.access import SIGNED_IN, current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.schemas.tokens import NewTokenOut, TokenIn, TokenListOut
from rlflow_core.services import tokens
from rlflow_core.services.tokens import TokenView

blueprint = Blueprint("tokens", __name__, url_prefix="/tokens", description="API tokens, for scripts.")


@blueprint.route("", methods=["GET"])
@roles(*SIGNED_IN, takes_api_tokens=False)
@blueprint.response(200, TokenListOut)
def list_tokens() -> dict[str, list[TokenView]]:
    """List your tokens that count, newest first."""
    return {"items": tokens.list_own(db.read, current_user().id)}


@blueprint.route("", methods=["POST"])
@roles(*SIGNED_IN, takes_api_tokens=False)
@blueprint.arguments(TokenIn)
@blueprint.response(201, NewTokenOut)
@blueprint.errors(409)
def create_token(body: dict[str, Any]) -> dict[str, Any]:
    """Make a token; send it as `Authorization: Bearer rlf_...`. API tokens cannot make tokens."""
    made = db.transact(
        tokens.create, current_user(), body["name"].strip(), body["scope"], body["expires_in_days"]
    )
    return {**asdict(made.view), "token": made.secret}


@blueprint.route("/<uuid:token_id>", methods=["DELETE"])
@roles(*SIGNED_IN, takes_api_tokens=False)
@blueprint.response(204)
@blueprint.errors(404)
def revoke_token(token_id: UUID) -> None:
    """End one of your tokens at once."""
    db.transact(tokens.revoke, current_user().id, str(token_id))
