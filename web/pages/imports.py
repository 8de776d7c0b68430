"""Importing tasks: choose a file, watch it being read, see which lines were refused and why."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.request_limits import UPLOAD_BYTES, body_limit
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import import_undo, imports, jobs, projects
from rlflow_core.services.errors import Conflict, Invalid, TooLarge
from rlflow_core.services.import_files import kept
from rlflow_core.services.import_sources.columns import read_map
from rlflow_web.component_list import content_fields
from rlflow_web.import_text import undone_text
from rlflow_web.pages.projects import project_view
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("imports", __name__)

PROBLEMS_SHOWN = 200
IMPORTS_SHOWN = 20


@blueprint.get("/projects/<project_id>/import")
@web_roles("researcher")
def form(project_id: str) -> ResponseReturnValue:
    """The form that takes a file, with what its lines may hold."""
    return _form(project_id)


@blueprint.post("/projects/<project_id>/import")
@web_roles("researcher")
@body_limit(UPLOAD_BYTES)
def upload(project_id: str) -> ResponseReturnValue:
    """Keep the file and start its import, or say in place why it cannot be imported."""
    project = projects.get_visible(db.read, viewer(), project_id)
    given = request.files.get("file")
    if given is None or not given.filename:
        return _form(project_id, 422, "Choose a file first.")
    component_set = get_host().component_set()
    try:
        columns = read_map(request.form.get("columns", ""))
        with kept(current_app.config["RLFLOW"], given.stream, given.filename) as stored:
            db.transact(
                imports.start,
                viewer(),
                project.id,
                stored.import_id,
                given.filename,
                component_set,
                kind=stored.kind,
                columns=columns,
            )
    except TooLarge as error:
        return _form(project_id, 413, error.message)
    except Invalid as error:
        in_map = " ".join(error.errors.get("columns", []))
        in_file = " ".join(error.errors.get("file", [] if in_map else [error.message]))
        return _form(project_id, 422, in_file, in_map)
    return see(f"/imports/{stored.import_id}")


@blueprint.get("/imports/<import_id>")
@web_roles("researcher")
def show(import_id: str) -> ResponseReturnValue:
    """How far an import is, and the lines it refused; the page asks again while it runs."""
    found = imports.get(db.read, viewer(), import_id)
    after = request.args.get("after", 0, type=int)
    listed = imports.problems(db.read, viewer(), import_id, PROBLEMS_SHOWN + 1, after)
    return page(
        "imports/import.html",
        project=project_view(found.project_id),
        found=found,
        job=jobs.get(db.read, found.job_id),
        is_running=found.state in ("queued", "running"),
        problems=listed[:PROBLEMS_SHOWN],
        next_after=listed[PROBLEMS_SHOWN - 1].line if len(listed) > PROBLEMS_SHOWN else None,
    )


@blueprint.post("/imports/<import_id>/cancel")
@web_roles("researcher")
def cancel(import_id: str) -> ResponseReturnValue:
    """Stop an import; what is stored already stays."""
    found = imports.get(db.read, viewer(), import_id)
    db.transact(jobs.cancel, found.job_id)
    return see(f"/imports/{import_id}")


@blueprint.post("/imports/<import_id>/undo")
@web_roles("researcher")
def undo(import_id: str) -> ResponseReturnValue:
    """Take an import back, and say what stays and why."""
    try:
        undone = db.transact(import_undo.undo, viewer(), import_id)
    except Conflict as error:
        flash(error.message, "bad")
        return see(f"/imports/{import_id}")
    flash(undone_text(undone), "warn" if undone.kept else "ok")
    return see(f"/imports/{import_id}")


def _form(
    project_id: str, status: int = 200, problem: str = "", columns_problem: str = ""
) -> ResponseReturnValue:
    project = project_view(project_id)
    return page(
        "imports/form.html",
        status,
        project=project,
        problem=problem,
        columns=request.form.get("columns", ""),
        columns_problem=columns_problem,
        imports=imports.list_visible(db.read, viewer(), project_id=project_id, limit=IMPORTS_SHOWN),
        fields=content_fields(get_host(), project.settings.task_type.key),
    )
