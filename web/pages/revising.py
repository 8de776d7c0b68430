"""Changing a submitted answer on the desk; the earlier one is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.request_limits import reads_any_text
from rlflow_core.security.web_session import web_roles
from rlflow_core.services.assignments import OpenedAssignment
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_core.services.feedback import Submission
from rlflow_core.services.revising import Standing, revise, standing
from rlflow_web.answers import Answers, check_answers, read_answers
from rlflow_web.desk import desk_with, open_own
from rlflow_web.requests import is_fragment_request, page, see, viewer
from rlflow_web.troubles import Trouble, misfit

blueprint = Blueprint("revising", __name__, url_prefix="/work/<uuid:project_id>/<uuid:assignment_id>/revise")


@blueprint.get("")
@web_roles("annotator")
def show(project_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """The answer as it stands, open to change."""
    opened, label = _found(project_id, assignment_id)
    return _page(opened, label.revision)


@blueprint.post("")
@web_roles("annotator")
@reads_any_text
def store(project_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """Store the changed answer as a further revision, or show the form with what does not fit."""
    opened, label = _found(project_id, assignment_id)
    seen = request.form.get("revision", label.revision, type=int)
    answers = read_answers(opened.components, request.form)
    if answers.only_changes_form:
        return _page(opened, seen, answers=answers)
    submission = Submission(
        assignment_id=opened.view.id,
        body={"response": answers.response},
        source="ui",
        seconds=answers.seconds,
        idempotency_key=answers.idempotency_key,
    )
    try:
        check_answers(answers)
        changed = revise(get_host(), viewer().id, label.id, submission, seen)
    except Invalid as error:
        errors = error.errors.get("response")
        return _page(opened, seen, 422, answers=answers, trouble=misfit(error), errors=errors)
    except Conflict as error:
        trouble = Trouble("Not changed.", error.message, (("/my-work", "My work"),))
        return _page(opened, seen, 409, answers=answers, trouble=trouble)
    flash(
        "Changed. Your earlier answer is kept." if changed.revision > seen else "Nothing was different.", "ok"
    )
    return _leave()


def _found(project_id: UUID, assignment_id: UUID) -> tuple[OpenedAssignment, Standing]:
    opened = open_own(viewer().id, str(project_id), str(assignment_id))
    label = standing(db.read, viewer().id, str(assignment_id))
    if label is None:
        raise NotFound("submitted answer", str(assignment_id))
    return opened, label


def _leave() -> ResponseReturnValue:
    if not is_fragment_request():
        return see("/my-work")
    response = make_response("", 200)
    response.headers["HX-Redirect"] = "/my-work"
    # It says to the page that the answer was taken.
    response.headers["HX-Replace-Url"] = "/my-work"
    return response


def _page(
    opened: OpenedAssignment,
    revision: int,
    status: int = 200,
    *,
    answers: Answers | None = None,
    trouble: Trouble | None = None,
    errors: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    desk = desk_with(viewer().id, opened, answers=answers, trouble=trouble, errors=errors, revising=revision)
    template = "workspace/desk.html" if is_fragment_request() else "workspace/page.html"
    return page(template, status, desk=desk)
