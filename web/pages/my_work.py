"""An annotator's own work: what was returned, what they have begun, what they submitted."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import held_work, own_feedback, work
from rlflow_core.services.own_feedback import Which
from rlflow_web.requests import id_in_query, page, viewer

blueprint = Blueprint("my_work", __name__)

SHOWN = 50


@blueprint.get("/my-work")
@web_roles("annotator")
def show() -> ResponseReturnValue:
    """Returned work with its notes first, then what is begun, then all that stands, newest first."""
    me, project = viewer().id, id_in_query("project")
    before = id_in_query("before")
    listed = own_feedback.page(db.read, me, SHOWN + 1, Which(project=project, before=before))
    begun = held_work.unfinished(db.read, me)
    return page(
        "my_work/my_work.html",
        tally=own_feedback.tally(db.read, me),
        returned=[one for one in begun if one.returned],
        begun=[one for one in begun if not one.returned],
        submitted=listed[:SHOWN],
        next_before=listed[SHOWN - 1].id if len(listed) > SHOWN else None,
        is_first=before is None,
        project=project,
        projects=[(project.id, project.name) for project, joined in work.open_to(db.read, me) if joined],
    )
