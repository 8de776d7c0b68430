"""Projects: settings in revisions, name, entry, status."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.api.id_pages import id_after, page_by_id
from rlflow_core.api.paging import Page, PageArguments
from rlflow_core.api.preconditions import etag, seen_version, stale_is_refused
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.projects import ProjectChangeIn, ProjectIn, ProjectOut, ProjectPageOut
from rlflow_core.services import project_changes, project_lists, projects
from rlflow_core.services.project_settings import ProjectSettings

blueprint = Blueprint("projects", __name__, url_prefix="/projects", description="What is labeled how.")

APART = ("name", "entry", "status")


@blueprint.route("", methods=["GET"])
@roles("researcher")
@blueprint.arguments(PageArguments, location="query")
@blueprint.response(200, ProjectPageOut)
def list_projects(query: dict[str, Any]) -> Page:
    """List your projects, newest first; an admin sees all."""
    limit = query["limit"]
    rows = project_lists.page(db.read, current_user(), limit + 1, id_after(query["cursor"]))
    return page_by_id(rows, limit)


@blueprint.route("", methods=["POST"])
@roles("researcher")
@blueprint.arguments(ProjectIn)
@blueprint.response(201, ProjectOut)
def create_project(body: dict[str, Any]) -> Any:
    """Make a project; you become its first researcher."""
    settings = project_changes.checked(get_host(), ProjectSettings(**_settings(body)))
    made = db.transact(
        projects.create,
        current_user(),
        body["name"],
        settings,
        entry=body["entry"],
        status=body["status"],
    )
    return made, 201, etag(made.revision)


@blueprint.route("/<uuid:project_id>", methods=["GET"])
@roles("researcher")
@blueprint.response(200, ProjectOut)
@blueprint.errors(404)
def get_project(project_id: UUID) -> Any:
    """Show a project with the settings in force; its ETag is the revision."""
    project = projects.get_visible(db.read, current_user(), str(project_id))
    found = projects.view(db.read, project)
    return found, 200, etag(found.revision)


@blueprint.route("/<uuid:project_id>", methods=["PUT"])
@roles("researcher")
@blueprint.arguments(ProjectChangeIn)
@blueprint.response(200, ProjectOut)
@blueprint.errors(404, 409, 412, 428)
def change_project(body: dict[str, Any], project_id: UUID) -> Any:
    """Change a project; what is left out stays. Settings make a new revision: work in progress keeps its own."""
    viewer, seen = current_user(), seen_version(body.get("revision"))
    given = _settings(body)
    apart = {name: body[name] for name in APART if name in body}
    with stale_is_refused():
        change = project_changes.prepare(db.read, get_host(), viewer, str(project_id), given, apart, seen)
        changed = db.transact(project_changes.store, viewer, str(project_id), change)
    return changed, 200, etag(changed.revision)


def _settings(body: dict[str, Any]) -> dict[str, Any]:
    """The settings in a body as ProjectSettings takes them: lists as tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in body.items()
        if name in ProjectSettings.__dataclass_fields__
    }
