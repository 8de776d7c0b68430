"""The annotator's workspace: take a task, judge it, submit and get the next; skip, postpone, undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.request_limits import reads_any_text
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import drafts, held_work, queue, work
from rlflow_core.services.assignments import OpenedAssignment
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_core.services.feedback import Submission
from rlflow_core.services.submitting import submit as submit_feedback
from rlflow_web.answers import Answers, check_answers, read_answers
from rlflow_web.desk import SKIP_REASONS, Desk, desk_with, desk_without, open_own, seconds_until
from rlflow_web.requests import page, see, viewer
from rlflow_web.troubles import Trouble, in_the_way, misfit, too_late

blueprint = Blueprint("workspace", __name__, url_prefix="/work/<uuid:project_id>")

MAX_NOTE = 2000


@blueprint.get("")
@web_roles("annotator")
def show(project_id: UUID) -> ResponseReturnValue:
    """The task that the annotator holds, or a button to start, or why there is nothing."""
    return _page(_desk(str(project_id)))


@blueprint.post("/next")
@web_roles("annotator")
def take_next(project_id: UUID) -> ResponseReturnValue:
    """Take the next task; who holds one keeps it."""
    return _go_on(str(project_id), "")


@blueprint.get("/<uuid:assignment_id>")
@web_roles("annotator")
def show_assignment(project_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """One assignment of the annotator; what is submitted can be read."""
    return _page(desk_with(viewer().id, _opened(project_id, assignment_id)))


@blueprint.post("/<uuid:assignment_id>/submit")
@web_roles("annotator")
@reads_any_text
def submit(project_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """Store the answer and take the next task, or show the same form with what does not fit."""
    opened = _opened(project_id, assignment_id)
    answers = read_answers(opened.components, request.form)
    if answers.only_changes_form:
        return _page(desk_with(viewer().id, opened, answers=answers))
    submission = Submission(
        assignment_id=str(assignment_id),
        body={"response": answers.response},
        source="ui",
        seconds=answers.seconds,
        idempotency_key=answers.idempotency_key,
    )
    try:
        check_answers(answers)
        submit_feedback(get_host(), viewer().id, submission)
    except Invalid as error:
        return _refused(opened, 422, misfit(error), answers, error.errors.get("response"))
    except Conflict as error:
        return _refused(opened, 409, too_late(error, str(project_id), str(assignment_id)), answers)
    return _go_on(str(project_id), "Submitted.")


@blueprint.post("/<uuid:assignment_id>/skip")
@web_roles("annotator")
def skip(project_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """Give the task back with a reason; somebody else gets it."""
    opened = _opened(project_id, assignment_id)
    reason, note = request.form.get("reason", ""), request.form.get("note", "").replace("\0", "").strip()
    if reason not in SKIP_REASONS or len(note) > MAX_NOTE:
        text = f"Choose a reason, and write at most {MAX_NOTE:,} characters about it."
        return _refused(opened, 422, Trouble("Not skipped.", text))
    try:
        db.transact(queue.skip, str(assignment_id), viewer().id, reason, note or None)
    except Conflict as error:
        return _refused(opened, 409, in_the_way(error, str(project_id)))
    return _go_on(str(project_id), "Skipped. Somebody else gets the task.")


@blueprint.post("/<uuid:assignment_id>/postpone")
@web_roles("annotator")
def postpone(project_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """Put the task and its draft aside for up to 24 hours and take another."""
    opened = _opened(project_id, assignment_id)
    try:
        _keep_draft(opened, read_answers(opened.components, request.form))
        db.transact(queue.postpone, str(assignment_id), viewer().id)
    except Conflict as error:
        return _refused(opened, 409, in_the_way(error, str(project_id)))
    return _go_on(str(project_id), "Postponed. The task stays yours for 24 hours.")


@blueprint.post("/<uuid:assignment_id>/resume")
@web_roles("annotator")
def resume(project_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """Take up a postponed or returned task again."""
    opened = _opened(project_id, assignment_id)
    try:
        db.transact(queue.resume, str(assignment_id), viewer().id)
    except Conflict as error:
        return _refused(opened, 409, in_the_way(error, str(project_id)))
    return _show_again(project_id, str(assignment_id), "")


@blueprint.post("/undo")
@web_roles("annotator")
def undo(project_id: UUID) -> ResponseReturnValue:
    """Open the last submit again; what stands in the form of another task is kept as its draft."""
    current = request.form.get("assignment_id", type=UUID)
    opened = _opened(project_id, current) if current else None
    answers = read_answers(opened.components, request.form) if opened else None
    try:
        if opened and answers and opened.view.state == "leased":
            _keep_draft(opened, answers)
        undone = db.transact(queue.undo, viewer().id, str(project_id))
    except Conflict as error:
        trouble = Trouble("Nothing was undone.", error.message)
        if opened is None:
            return _page(desk_without(viewer().id, str(project_id), trouble=trouble), 409)
        return _refused(opened, 409, trouble, answers)
    return _show_again(project_id, undone.id, "Your last answer is open again.")


@blueprint.post("/<uuid:assignment_id>/draft")
@web_roles("annotator")
@reads_any_text
def save_draft(project_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """Keep what stands in the form and extend the reservation; answers with the version and times stored."""
    opened = _opened(project_id, assignment_id)
    saved = _keep_draft(opened, read_answers(opened.components, request.form))
    until = held_work.reserved_until(db.read, viewer().id, str(assignment_id))
    return jsonify(
        version=saved.version,
        saved_at=saved.saved_at.astimezone(UTC).isoformat(),
        reserved_seconds=seconds_until(until),
    )


def _opened(project_id: UUID, assignment_id: UUID) -> OpenedAssignment:
    return open_own(viewer().id, str(project_id), str(assignment_id))


def _keep_draft(opened: OpenedAssignment, answers: Answers) -> drafts.SavedDraft:
    check_answers(answers)
    return db.transact(drafts.save_draft, viewer().id, opened.view.id, answers.response, answers.active_ms)


def _desk(project_id: str, said: str = "") -> Desk:
    held = queue.in_work(db.read, project_id, viewer().id)
    if held is None:
        return desk_without(viewer().id, project_id, said=said)
    return desk_with(viewer().id, open_own(viewer().id, project_id, held.id), said=said)


def _go_on(project_id: str, said: str) -> ResponseReturnValue:
    """Take the next task and show it."""
    me = viewer().id
    try:
        work.next_project(db.read, me, project_id)
    except NotFound:
        return _leave(said)
    db.transact(work.claim, me, project_id, get_host().component_set())
    return _after(f"/work/{project_id}", said, lambda: _desk(project_id, said))


def _leave(said: str) -> ResponseReturnValue:
    """The way home out of a project that is no longer open to the annotator."""
    if not said:
        raise NotFound("project")
    flash(f"{said} The project is no longer open to you.", "info")
    if not _wants_fragment():
        return see("/")
    response = make_response("", 200)
    response.headers["HX-Redirect"] = "/"
    return response


def _show_again(project_id: UUID, assignment_id: str, said: str) -> ResponseReturnValue:
    return _after(
        f"/work/{project_id}/{assignment_id}",
        said,
        lambda: desk_with(viewer().id, open_own(viewer().id, str(project_id), assignment_id), said=said),
    )


def _after(address: str, said: str, desk: Callable[[], Desk]) -> ResponseReturnValue:
    """The desk in place for htmx, else the way to its page."""
    if not _wants_fragment():
        if said:
            flash(said)
        return see(address)
    response = make_response(_page(desk()))
    response.headers["HX-Replace-Url"] = address
    return response


def _refused(
    opened: OpenedAssignment,
    status: int,
    trouble: Trouble,
    answers: Answers | None = None,
    errors: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    """The same task, as it is stored now, with what was posted and why it was refused."""
    view = opened.view
    now = open_own(viewer().id, view.project_id, view.id)
    return _page(desk_with(viewer().id, now, answers=answers, errors=errors, trouble=trouble), status)


def _page(desk: Desk, status: int = 200) -> ResponseReturnValue:
    template = "workspace/desk.html" if _wants_fragment() else "workspace/page.html"
    return page(template, status, desk=desk, skip_reasons=SKIP_REASONS)


def _wants_fragment() -> bool:
    # htmx asks for whole pages when people go back.
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
