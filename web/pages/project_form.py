"""Making a project and changing its settings, with one form made from the components that it chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_api import Kind
from rlflow_core.plugin_host.config_form import form_fields
from rlflow_core.plugin_host.host import PluginHost, get_host
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import project_changes, projects
from rlflow_core.services.errors import Conflict, Invalid
from rlflow_core.services.project_settings import ProjectSettings
from rlflow_core.services.projects import ProjectView
from rlflow_web.component_choice import ChoiceView, view_choice
from rlflow_web.preview import preview
from rlflow_web.project_form import (
    ProjectForm,
    form_of,
    load,
    new_form,
    only_changes_form,
    read_project_form,
    settings_of,
)
from rlflow_web.project_schemas import Basics, Judging
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("project_form", __name__)

COMPONENT_ROWS: Mapping[str, Kind] = {"reward_schemas": "reward_schema", "scorers": "scorer"}
COMPONENTS: Mapping[str, Kind] = {"task_type": "task_type", "aggregator": "aggregator", "router": "router"}


@blueprint.get("/projects/new")
@web_roles("researcher")
def new() -> ResponseReturnValue:
    """The form of a new project."""
    return _show(new_form(get_host()))


@blueprint.post("/projects/new")
@web_roles("researcher")
def create() -> ResponseReturnValue:
    """Make the project, or show the form again: changed by one of its buttons, or with what does not fit."""
    host = get_host()
    form = read_project_form(host, request.form)
    if only_changes_form(request.form):
        return _show(form)
    try:
        basics, settings = _load_all(host, form)
    except Invalid as error:
        return _show(form, error.errors, error.message, 422)
    made = db.transact(projects.create, viewer(), basics["name"], settings, entry=basics["entry"])
    flash("The project is made. Import tasks, then add annotators.", "ok")
    return see(f"/projects/{made.id}")


@blueprint.get("/projects/<project_id>/settings")
@web_roles("researcher")
def edit(project_id: str) -> ResponseReturnValue:
    """The form with the settings in force."""
    project = _project(project_id)
    return _show(form_of(project.settings), project=project)


@blueprint.post("/projects/<project_id>/settings")
@web_roles("researcher")
def revise(project_id: str) -> ResponseReturnValue:
    """Make a revision of the settings, or show the form again."""
    host, project = get_host(), _project(project_id)
    form = read_project_form(host, request.form)
    seen = request.form.get("revision", type=int) or project.revision
    if only_changes_form(request.form):
        return _show(form, project=project, seen=seen)
    try:
        settings = project_changes.checked(host, settings_of(form, project.settings))
        change = project_changes.ProjectChange(seen, settings)
        revised = db.transact(project_changes.store, viewer(), project_id, change)
    except Invalid as error:
        return _show(form, error.errors, error.message, 422, project, seen)
    except Conflict as error:
        advice = " Load the page again to see it." if error.code == "stale" else ""
        return _show(form, error.errors, error.message + advice, 409, project, seen)
    flash(
        f"Revision {revised.revision} is in force. What is in work stays under the settings it began with.",
        "ok",
    )
    return see(f"/projects/{project_id}")


def _load_all(host: PluginHost, form: ProjectForm) -> tuple[dict[str, Any], ProjectSettings]:
    """The basics and the completed settings; Invalid names the misfits of both at once."""
    errors: dict[str, Any] = {}
    try:
        basics = load(Basics, form.basics)
    except Invalid as error:
        errors = error.errors
    try:
        settings = project_changes.checked(host, settings_of(form))
    except Invalid as error:
        raise Invalid(error.message, {**errors, **error.errors}) from error
    if errors:
        raise Invalid("Some values do not fit.", errors)
    return basics, settings


def _project(project_id: str) -> ProjectView:
    return projects.view(db.read, projects.get_visible(db.read, viewer(), project_id))


def _show(
    form: ProjectForm,
    errors: Mapping[str, Any] | None = None,
    message: str = "",
    status: int = 200,
    project: ProjectView | None = None,
    seen: int | None = None,
) -> ResponseReturnValue:
    errors = errors or {}
    return page(
        "project_form/form.html",
        status,
        project=project,
        revision=seen or (project.revision if project else None),
        message=message,
        address=request.path,
        basics=form_fields(Basics, form.basics, errors),
        judging=form_fields(Judging, form.judging, {**errors, **_under(errors, "judging")}, "judging"),
        preview=preview(get_host(), form),
        errors=errors,
        **_choices(form, errors),
    )


def _choices(form: ProjectForm, errors: Mapping[str, Any]) -> dict[str, ChoiceView | list[ChoiceView]]:
    host = get_host()
    shown: dict[str, ChoiceView | list[ChoiceView]] = {
        path: view_choice(host, kind, path, getattr(form, path), _under(errors, path))
        for path, kind in COMPONENTS.items()
    }
    for path, kind in COMPONENT_ROWS.items():
        by_row = _under(errors, path)
        shown[path] = [
            view_choice(host, kind, f"{path}.{n}", picked, _under(by_row, str(n)))
            for n, picked in enumerate(getattr(form, path))
        ]
    return shown


def _under(errors: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    found = errors.get(path)
    if isinstance(found, list | str):
        return {"key": found}
    return found if isinstance(found, Mapping) else {}
