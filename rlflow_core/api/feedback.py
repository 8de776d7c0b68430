"""Feedback: annotators submit it, researchers read it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.annotator import offer
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.errors import Error
from rlflow_core.schemas.feedback import (
    FeedbackIn,
    FeedbackOut,
    FeedbackQuery,
    ReturnIn,
    SubmittedOut,
    TaskFeedbackOut,
)
from rlflow_core.services import feedback, returning
from rlflow_core.services.submitting import submit

blueprint = Blueprint("feedback", __name__, url_prefix="/feedback", description="Labels.")

ANSWERS = ("response", "reward_scalar", "rationale", "preference")


@blueprint.route("", methods=["POST"])
@roles("annotator")
@blueprint.arguments(FeedbackQuery, location="query")
@blueprint.arguments(FeedbackIn)
@blueprint.response(201, SubmittedOut)
@blueprint.alt_response(404, schema=Error)
@blueprint.alt_response(409, schema=Error)
def submit_feedback(query: dict[str, bool], body: dict[str, Any]) -> Any:
    """Submit the answer to an assignment of yours; sending the same again answers the same (200)."""
    submission = feedback.Submission(
        assignment_id=str(body["assignment_id"]),
        body={name: body[name] for name in ANSWERS if name in body},
        source="api",
        seconds=body.get("seconds"),
        idempotency_key=request.headers.get("Idempotency-Key"),
    )
    submitted = submit(get_host(), current_user().id, submission)
    stored = submitted.feedback
    answer = {name: getattr(stored, name) for name in type(stored).__dataclass_fields__}
    answer["next"] = offer(stored.project_id) if query["next"] or body["next"] else None
    return answer, 200 if submitted.replayed else 201


@blueprint.route("/<uuid:feedback_id>/return", methods=["POST"])
@roles("researcher")
@blueprint.arguments(ReturnIn)
@blueprint.response(200, FeedbackOut)
@blueprint.errors(404, 409)
def return_feedback(body: dict[str, Any], feedback_id: UUID) -> feedback.FeedbackView:
    """Give a judgement back to its annotator with a note; it counts again once they submit it again."""
    viewer, minutes = current_user(), body["expires_in_minutes"]
    return db.transact(returning.give_back, viewer, str(feedback_id), body["note"], minutes)


@blueprint.route("/<uuid:task_id>", methods=["GET"])
@roles("annotator", "researcher")
@blueprint.response(200, TaskFeedbackOut)
@blueprint.alt_response(404, schema=Error)
def get_feedback(task_id: UUID) -> dict[str, Any]:
    """List the labels of a task: all for its researchers, only your own for you as annotator."""
    return {"items": feedback.for_task(db.read, current_user(), str(task_id))}
