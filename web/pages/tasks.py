"""The task browser: find tasks, and see one with its outputs, versions and progress."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.plugin_api import OutputView, Segment, TaskView
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import members, projects, task_holders, task_intake, task_lists, task_progress
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_core.services.project_settings import components_of
from rlflow_core.services.task_changes import TaskChange
from rlflow_core.services.task_lists import OutputDetail, TaskDetail, TaskFilter
from rlflow_web.assign_form import AssignForm
from rlflow_web.component_list import components
from rlflow_web.component_parts import Output, Part, output_of, task_part
from rlflow_web.pages.projects import project_view
from rlflow_web.requests import id_in_query, page, see, viewer
from rlflow_web.task_form import STATUSES, read_outputs

blueprint = Blueprint("tasks", __name__)

SHOWN = 50
FILTERS = ("text", "status", "type", "tag")
LONGEST = 200


@blueprint.get("/tasks")
@web_roles("researcher")
def index() -> ResponseReturnValue:
    """The tasks of all projects of this person."""
    return _list(None)


@blueprint.get("/projects/<project_id>/tasks")
@web_roles("researcher")
def of_project(project_id: str) -> ResponseReturnValue:
    """The tasks of one project."""
    return _list(project_id)


@blueprint.get("/tasks/<uuid:task_id>")
@web_roles("researcher")
def show(task_id: UUID) -> ResponseReturnValue:
    """One task as annotators see it, with its outputs, versions and progress."""
    return show_task(task_lists.get(db.read, viewer(), str(task_id)))


@blueprint.post("/tasks/<uuid:task_id>/outputs")
@web_roles("researcher")
def add_output(task_id: UUID) -> ResponseReturnValue:
    """Add an output that was made elsewhere, or say in place why it does not fit."""
    task = task_lists.get(db.read, viewer(), str(task_id))
    try:
        task_intake.add_outputs(get_host(), viewer(), task.id, [read_outputs(request.form)])
    except (Conflict, Invalid) as error:
        return show_task(task, error)
    flash("The output is added.", "ok")
    return see(f"/tasks/{task.id}#outputs")


@blueprint.post("/tasks/<uuid:task_id>/status")
@web_roles("researcher")
def set_status(task_id: UUID) -> ResponseReturnValue:
    """Open, pause, complete or archive the task."""
    status = request.form.get("status", "")
    if status not in STATUSES:
        raise Invalid(f"There is no state {status[:40]!r}. Use {', '.join(STATUSES)}.")
    seen = request.form.get("version", 0, type=int)
    changed = task_intake.change_task(get_host(), viewer(), str(task_id), TaskChange(status=status), seen)
    flash(f"Task {changed.seq}: {STATUSES[status].lower()}.", "ok")
    return see(f"/tasks/{task_id}")


def _list(project_id: str | None) -> ResponseReturnValue:
    project = project_view(project_id) if project_id else None
    given = {name: request.args.get(name, "").strip()[:LONGEST] for name in FILTERS}
    lacking: Literal["missing"] | None = "missing" if request.args.get("outputs") == "missing" else None
    wanted = TaskFilter(
        project=project.id if project else None,
        outputs=lacking,
        **{name: text or None for name, text in given.items()},
    )
    given["outputs"] = lacking or ""
    after = id_in_query("after")
    listed = task_lists.page(db.read, viewer(), wanted, SHOWN + 1, after)
    shown = listed[:SHOWN]
    names = {} if project else {one.id: one.name for one in projects.list_visible(db.read, viewer())}
    return page(
        "tasks/list.html",
        project=project,
        tasks=shown,
        progress=task_progress.progress_of(db.read, [task.id for task in shown]),
        project_names=names,
        wanted=given,
        is_filtered=any(given.values()),
        is_only_lacking=set(_set(given)) == {"outputs"},
        statuses=STATUSES,
        types=[view for view in components(get_host()) if view.kind == "task_type"],
        is_first=after is None,
        address=request.path,
        next_query=urlencode({**_set(given), "after": shown[-1].id}) if len(listed) > SHOWN else "",
        first_query=urlencode(_set(given)),
    )


def _set(given: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in given.items() if text}


def show_task(
    task: TaskDetail, refused: Conflict | Invalid | None = None, assign: AssignForm | None = None
) -> ResponseReturnValue:
    """The page of a task; `refused` is what the form of outputs was told, `assign` the other form as it was sent."""
    rows = task_lists.outputs(db.read, viewer(), task.id)
    part, outputs = _parts(task, [row for row in rows if row.error is None])
    return page(
        "tasks/task.html",
        assign.status if assign else 200 if refused is None else 422,
        project=project_view(task.project_id),
        task=task,
        part=part,
        outputs=outputs,
        failures=[row for row in rows if row.error is not None],
        versions=task_lists.versions(db.read, viewer(), task.id),
        progress=task_progress.progress_of(db.read, [task.id]).get(task.id, task_progress.NOTHING_TO_JUDGE),
        statuses=STATUSES,
        holders=task_holders.holders(db.read, task.id),
        assign=assign or AssignForm(),
        annotators=_annotators(task.project_id),
        message=refused.message if refused else "",
        errors=refused.errors if refused else {},
        typed={name: request.form.get(name, "") for name in ("model_id", "output")},
    )


def _annotators(project_id: str) -> list[str]:
    """The addresses that the form to assign the task offers."""
    listed = members.members(db.read, project_id)
    return [one.email for one in listed if one.role == "annotator" and not one.is_imported]


def _parts(task: TaskDetail, rows: list[OutputDetail]) -> tuple[Part, list[tuple[OutputDetail, Output]]]:
    """The task and its outputs as its type shows them; plain text where its components are gone."""
    host = get_host()
    view = TaskView(id=task.id, version=task.version, content=task.content, tags=task.tags, key=task.key)
    views = [_view(row, place) for place, row in enumerate(rows)]
    try:
        row = projects.get_visible(db.read, viewer(), task.project_id)
        bound = components_of(host, projects.current_revision(db.read, row)).task_type
    except (Conflict, NotFound):
        plain = Part(None, failed=True)
        return plain, [
            (row, Output(v.letter, v.text, v.is_empty, plain)) for row, v in zip(rows, views, strict=True)
        ]
    return task_part(host, bound, view), [
        (row, output_of(host, bound, view, v)) for row, v in zip(rows, views, strict=True)
    ]


def _view(row: OutputDetail, place: int) -> OutputView:
    return OutputView(
        id=row.id,
        text=row.output,
        index=row.index,
        position=place,
        segments=tuple(Segment(**segment) for segment in row.segments),
        model_id=row.model_id,
        metadata=row.metadata,
    )
