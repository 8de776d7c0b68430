"""Assigning a task to a named person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.assigning import AssignIn, NamedOut
from rlflow_core.services.assigning import Named, Wish, assign

blueprint = Blueprint("assigning", __name__, url_prefix="/tasks", description="Tasks for a named person.")


@blueprint.route("/<uuid:task_id>/assign", methods=["POST"])
@roles("researcher")
@blueprint.arguments(AssignIn)
@blueprint.response(201, NamedOut)
@blueprint.errors(404, 409)
def assign_task(body: dict[str, Any], task_id: UUID) -> Named:
    """Ask one annotator by name to judge a task; where no place is left, one judgement more is wanted of it."""
    item = body["item"]
    wish = Wish(body["annotator"], body["expires_in_minutes"], str(item) if item else None)
    return db.transact(assign, current_user(), str(task_id), wish, get_host().component_set())
