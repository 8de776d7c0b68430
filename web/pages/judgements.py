"""A project's judgements one by one, and giving one back to its annotator with a note."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import judgements, returning
from rlflow_core.services.errors import Conflict
from rlflow_core.services.judgements import STATES, State
from rlflow_core.services.storable import check_storable
from rlflow_web.pages.projects import project_view
from rlflow_web.requests import id_in_query, page, see, viewer

blueprint = Blueprint("judgements", __name__, url_prefix="/projects/<uuid:project_id>/judgements")

SHOWN = 50
MAX_NOTE = 2000
DAYS = {"1": "1 day", "3": "3 days", "7": "7 days", "14": "14 days"}


@blueprint.get("")
@web_roles("researcher")
def show(project_id: UUID) -> ResponseReturnValue:
    """The judgements that the address asks for, newest first."""
    return _show(str(project_id))


@blueprint.post("/<uuid:feedback_id>/return")
@web_roles("researcher")
def give_back(project_id: UUID, feedback_id: UUID) -> ResponseReturnValue:
    """Give a judgement back with a note, or say why it cannot be."""
    note = request.form.get("note", "").strip()
    days = request.form.get("days", "7")
    if not note or len(note) > MAX_NOTE or days not in DAYS:
        text = f"Write what to look at again, in at most {MAX_NOTE:,} characters."
        return _show(str(project_id), 422, problem=text, wrong=str(feedback_id), note=note)
    check_storable({"note": note})
    try:
        db.transact(returning.give_back, viewer(), str(feedback_id), note, int(days) * 24 * 60)
    except Conflict as error:
        return _show(str(project_id), 409, problem=error.message)
    flash("Returned. Its annotator is told, and it does not count until they submit it again.", "ok")
    return see(f"/projects/{project_id}/judgements")


def _show(
    project_id: str, status: int = 200, *, problem: str = "", wrong: str = "", note: str = ""
) -> ResponseReturnValue:
    project = project_view(project_id)
    asked = request.args.get("state", "standing")
    state: State = next((one for one in STATES if one == asked), "standing")
    annotator = request.args.get("annotator", "")[:32]
    before = id_in_query("before")
    found = judgements.page(
        db.read, project.id, SHOWN + 1, state=state, annotator=annotator or None, before=before
    )
    return page(
        "judgements/list.html",
        status,
        project=project,
        judgements=found[:SHOWN],
        next_before=found[SHOWN - 1].id if len(found) > SHOWN else None,
        is_first=before is None,
        state=state,
        states=STATES,
        annotator=annotator,
        days=DAYS,
        problem=problem,
        wrong=wrong,
        note=note,
    )
