"""An annotator's own judgements: look at them, and change them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from marshmallow import fields

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.api.id_pages import id_after, page_by_id
from rlflow_core.api.paging import Page, PageArguments
from rlflow_core.api.preconditions import etag, seen_version, stale_is_refused
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.feedback import FeedbackOut
from rlflow_core.schemas.own_feedback import AnswerIn, OwnFeedbackPageOut
from rlflow_core.services import own_feedback
from rlflow_core.services.feedback import Submission
from rlflow_core.services.own_feedback import Which
from rlflow_core.services.revising import revise

blueprint = Blueprint(
    "own_feedback", __name__, url_prefix="/annotator/feedback", description="Your own judgements."
)

APART = ("seconds", "revision")


class OwnFeedbackQuery(PageArguments):
    """Which of your judgements."""

    project = fields.UUID(load_default=None)
    returned = fields.Boolean(
        load_default=False,
        metadata={"description": "Those that were returned to you, in place of those that stand."},
    )


@blueprint.route("", methods=["GET"])
@roles("annotator")
@blueprint.arguments(OwnFeedbackQuery, location="query")
@blueprint.response(200, OwnFeedbackPageOut)
@blueprint.errors(404)
def list_own(query: dict[str, Any]) -> Page:
    """List your judgements that stand, newest first, or those that were returned to you."""
    project, limit = query["project"], query["limit"]
    which = Which(str(project) if project else None, query["returned"], id_after(query["cursor"]))
    return page_by_id(own_feedback.page(db.read, current_user().id, limit + 1, which), limit)


@blueprint.route("/<uuid:feedback_id>", methods=["PUT"])
@roles("annotator")
@blueprint.arguments(AnswerIn)
@blueprint.response(200, FeedbackOut)
@blueprint.errors(404, 409, 412, 428)
def change_own(body: dict[str, Any], feedback_id: UUID) -> Any:
    """Change a judgement of yours, or submit again what was returned; every earlier answer is kept."""
    seen = seen_version(body.get("revision"))
    submission = Submission(
        assignment_id="",
        body={name: value for name, value in body.items() if name not in APART},
        source="api",
        seconds=body.get("seconds"),
        idempotency_key=request.headers.get("Idempotency-Key"),
    )
    with stale_is_refused():
        changed = revise(get_host(), current_user().id, str(feedback_id), submission, seen)
    return changed, 200, etag(changed.revision)
