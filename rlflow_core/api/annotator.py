"""The annotator's queue: what there is to do, the next task, setting one aside, drafts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.asked import asked
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.annotator import (
    AssignmentOut,
    DraftIn,
    DraftOut,
    JoinedOut,
    JoinIn,
    NextIn,
    OfferOut,
    QueueEntryOut,
    SkipIn,
    SkippedOut,
)
from rlflow_core.schemas.errors import Error
from rlflow_core.security.user_limits import count_join
from rlflow_core.services import drafts, joining, queue, work
from rlflow_core.services.assignments import OpenedAssignment, open_assignment

blueprint = Blueprint("annotator", __name__, url_prefix="/annotator", description="What annotators work on.")


@blueprint.route("/queue", methods=["GET"])
@roles("annotator")
@blueprint.response(200, QueueEntryOut(many=True))
def get_queue() -> list[work.QueueEntry]:
    """List the projects you may work in, with how far you are and why there is nothing where there is nothing."""
    return work.overview(db.read, current_user().id)


@blueprint.route("/queue/next", methods=["POST"])
@roles("annotator")
@blueprint.arguments(NextIn, required=False)
@blueprint.response(200, OfferOut)
@blueprint.alt_response(404, schema=Error)
def take_next(body: dict[str, UUID]) -> dict[str, Any]:
    """Take the next task; who holds one already gets it again."""
    return offer(str(body["project"]) if "project" in body else None)


@blueprint.route("/projects/join", methods=["POST"])
@roles("annotator")
@blueprint.arguments(JoinIn)
@blueprint.response(200, JoinedOut)
@blueprint.errors(404, 409)
def join_project(body: dict[str, str]) -> Any:
    """Join the project that a code opens; who is in it already stays in it."""
    user = current_user()
    count_join(user.id)
    return db.transact(joining.join, user.id, body["code"])


@blueprint.route("/assignments/<uuid:assignment_id>", methods=["GET"])
@roles("annotator")
@blueprint.response(200, AssignmentOut)
@blueprint.alt_response(404, schema=Error)
def get_assignment(assignment_id: UUID) -> dict[str, Any]:
    """Show one of your assignments as it is judged: task, outputs in the order shown, what is asked."""
    return described(open_assignment(db.read, get_host(), current_user().id, str(assignment_id)))


@blueprint.route("/assignments/<uuid:assignment_id>/skip", methods=["POST"])
@roles("annotator")
@blueprint.arguments(SkipIn)
@blueprint.response(200, SkippedOut)
@blueprint.alt_response(404, schema=Error)
@blueprint.alt_response(409, schema=Error)
def skip(body: dict[str, str], assignment_id: UUID) -> queue.Skipped:
    """Give a task back with a reason; it goes to somebody else."""
    return db.transact(queue.skip, str(assignment_id), current_user().id, body["reason"], body["note"])


@blueprint.route("/assignments/<uuid:assignment_id>/postpone", methods=["POST"])
@roles("annotator")
@blueprint.response(204)
@blueprint.alt_response(404, schema=Error)
@blueprint.alt_response(409, schema=Error)
def postpone(assignment_id: UUID) -> None:
    """Set a task aside for up to 24 hours; it stays reserved for you."""
    db.transact(queue.postpone, str(assignment_id), current_user().id)


@blueprint.route("/assignments/<uuid:assignment_id>/resume", methods=["POST"])
@roles("annotator")
@blueprint.response(204)
@blueprint.alt_response(404, schema=Error)
@blueprint.alt_response(409, schema=Error)
def resume(assignment_id: UUID) -> None:
    """Take up a postponed or returned task again."""
    db.transact(queue.resume, str(assignment_id), current_user().id)


@blueprint.route("/projects/<uuid:project_id>/undo", methods=["POST"])
@roles("annotator")
@blueprint.response(200, AssignmentOut)
@blueprint.alt_response(404, schema=Error)
@blueprint.alt_response(409, schema=Error)
def undo(project_id: UUID) -> dict[str, Any]:
    """Take back your last submit in a project, within 10 minutes."""
    user = current_user()
    claimed = db.transact(queue.undo, user.id, str(project_id))
    return described(open_assignment(db.read, get_host(), user.id, claimed.id))


@blueprint.route("/assignments/<uuid:assignment_id>/draft", methods=["PUT"])
@roles("annotator")
@blueprint.arguments(DraftIn)
@blueprint.response(200, DraftOut)
@blueprint.alt_response(404, schema=Error)
@blueprint.alt_response(409, schema=Error)
def save_draft(body: dict[str, Any], assignment_id: UUID) -> drafts.SavedDraft:
    """Keep an unsent answer on the server and extend the reservation."""
    user = current_user()
    return db.transact(drafts.save_draft, user.id, str(assignment_id), body["response"], body["active_ms"])


def offer(project_id: str | None) -> dict[str, Any]:
    """The caller's next assignment in the project named, or in the first that has work."""
    user, host = current_user(), get_host()
    chosen = work.next_project(db.read, user.id, project_id)
    if chosen is None:
        return {"assignment": None, "reason": work.NO_PROJECT}
    claimed = db.transact(work.claim, user.id, chosen, host.component_set())
    if claimed is None:
        return {"assignment": None, "reason": queue.why_empty(db.read, chosen, user.id)}
    return {"assignment": described(open_assignment(db.read, host, user.id, claimed.id)), "reason": None}


def described(opened: OpenedAssignment) -> dict[str, Any]:
    """An assignment with what is asked, as the schema gives it out."""
    view = opened.view
    values = {name: getattr(view, name) for name in type(view).__dataclass_fields__}
    return {
        **values,
        "reward_schemas": [asked(schema) for schema in opened.components.reward_schemas],
    }
