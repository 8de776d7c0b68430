"""Making a task and changing it, with one form made from what its type says a task contains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_api import OutputView, TaskType, TaskView
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import projects, task_intake, task_lists
from rlflow_core.services.errors import Conflict, Invalid
from rlflow_core.services.project_settings import components_of
from rlflow_core.services.projects import ProjectView
from rlflow_core.services.task_lists import TaskDetail
from rlflow_web.component_parts import output_of, task_part
from rlflow_web.pages.projects import project_view
from rlflow_web.project_form import only_changes_form
from rlflow_web.requests import page, see, viewer
from rlflow_web.task_form import (
    Beside,
    New,
    TaskForm,
    change_of,
    draft_of,
    form_of_task,
    new_task_form,
    read_task_form,
)

blueprint = Blueprint("task_form", __name__)


@blueprint.get("/projects/<project_id>/tasks/new")
@web_roles("researcher")
def new(project_id: str) -> ResponseReturnValue:
    """The form of a new task."""
    project = project_view(project_id)
    return _show(project, new_task_form(type(_task_type(project).component)))


@blueprint.post("/projects/<project_id>/tasks/new")
@web_roles("researcher")
def create(project_id: str) -> ResponseReturnValue:
    """Make the task, or show the form again: changed by one of its buttons, or with what does not fit."""
    project = project_view(project_id)
    form = read_task_form(type(_task_type(project).component), New, request.form)
    if only_changes_form(request.form):
        return _show(project, form)
    try:
        made = task_intake.create_task(get_host(), viewer(), project.id, None, draft_of(form))
    except (Conflict, Invalid) as error:
        return _show(project, form, error)
    flash(f"Task {made.seq} is made.", "ok")
    if "another" in request.form:
        return see(f"/projects/{project.id}/tasks/new")
    return see(f"/tasks/{made.id}")


@blueprint.get("/tasks/<uuid:task_id>/edit")
@web_roles("researcher")
def edit(task_id: UUID) -> ResponseReturnValue:
    """The form with the newest version of a task."""
    task = task_lists.get(db.read, viewer(), str(task_id))
    project = project_view(task.project_id)
    return _show(project, form_of_task(type(_task_type(project).component), task), task=task)


@blueprint.post("/tasks/<uuid:task_id>/edit")
@web_roles("researcher")
def revise(task_id: UUID) -> ResponseReturnValue:
    """Make a new version of the task, or show the form again."""
    task = task_lists.get(db.read, viewer(), str(task_id))
    project = project_view(task.project_id)
    form = read_task_form(type(_task_type(project).component), Beside, request.form)
    seen = request.form.get("version", type=int) or task.version
    if only_changes_form(request.form):
        return _show(project, form, task=task, seen=seen)
    try:
        changed = task_intake.change_task(get_host(), viewer(), task.id, change_of(form), seen)
    except (Conflict, Invalid) as error:
        return _show(project, form, error, task, seen)
    flash(f"Version {changed.version} of task {changed.seq} is in force.", "ok")
    return see(f"/tasks/{task.id}")


def _task_type(project: ProjectView) -> Bound[TaskType]:
    row = projects.get_visible(db.read, viewer(), project.id)
    return components_of(get_host(), projects.current_revision(db.read, row)).task_type


def _show(
    project: ProjectView,
    form: TaskForm,
    refused: Conflict | Invalid | None = None,
    task: TaskDetail | None = None,
    seen: int | None = None,
) -> ResponseReturnValue:
    errors: Mapping[str, Any] = refused.errors if refused else {}
    status = 200 if refused is None else 409 if isinstance(refused, Conflict) else 422
    return page(
        "tasks/form.html",
        status,
        project=project,
        task=task,
        version=seen or (task.version if task else None),
        address=request.path,
        message=refused.message if refused else "",
        content=form.content_fields(errors),
        beside=form.beside_fields(errors),
        **_preview(_task_type(project), form),
    )


def _preview(bound: Bound[TaskType], form: TaskForm) -> dict[str, Any]:
    """The task and its outputs as an annotator would see them, if they were stored now."""
    view = TaskView(id="preview", version=1, content={"prompt": "", **form.content})
    texts = [str(row.get("output") or "") for row in form.values.get("outputs", ())]
    outputs = [OutputView(id=f"preview-{n}", text=text, index=n, position=n) for n, text in enumerate(texts)]
    return {
        "shown": task_part(get_host(), bound, view) if form.content.get("prompt") else None,
        "outputs": [output_of(get_host(), bound, view, output) for output in outputs],
    }
