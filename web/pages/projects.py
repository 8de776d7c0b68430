"""A researcher's projects, and one project at a glance: how far it is, who is in it, what to do next."""

from __future__ import annotations

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import members, overviews, projects, queue
from rlflow_core.services.errors import Invalid
from rlflow_core.services.projects import ProjectView
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("projects", __name__)

STATUSES = {
    "open": "The project hands out work.",
    "paused": "The project hands out no work until you open it.",
    "completed": "The project is closed: it hands out no work, and its judgements stay as they are.",
}


@blueprint.get("/projects")
@web_roles("researcher")
def index() -> ResponseReturnValue:
    """All projects that this person may manage."""
    return page("projects/list.html", projects=overviews.summaries(db.read, viewer()))


@blueprint.get("/projects/<project_id>")
@web_roles("researcher")
def show(project_id: str) -> ResponseReturnValue:
    """One project at a glance."""
    return _show(project_view(project_id))


@blueprint.post("/projects/<project_id>/status")
@web_roles("researcher")
def set_status(project_id: str) -> ResponseReturnValue:
    """Open or pause the project."""
    status = request.form.get("status", "")
    if status not in STATUSES:
        raise Invalid(f"There is no status {status[:40]!r}. Use {' or '.join(STATUSES)}.")
    db.transact(projects.set_status, viewer(), project_id, status)
    flash(STATUSES[status], "ok")
    return see(f"/projects/{project_id}")


def project_view(project_id: str) -> ProjectView:
    """The project, if this person may manage it; NotFound else."""
    return projects.view(db.read, projects.get_visible(db.read, viewer(), project_id))


def _show(project: ProjectView) -> ResponseReturnValue:
    return page(
        "projects/overview.html",
        project=project,
        counts=queue.project_counts(db.read, project.id),
        tasks=projects.task_count(db.read, project.id),
        members=members.members(db.read, project.id),
    )
