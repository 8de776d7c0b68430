"""Tasks: made one by one, changed in versions, given outputs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from marshmallow import fields, validate

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.api.id_pages import id_after, page_by_id
from rlflow_core.api.paging import Page, PageArguments
from rlflow_core.api.preconditions import etag, seen_version, stale_is_refused
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.outputs import OutputListOut, OutputsIn
from rlflow_core.schemas.task_fields import STATUS
from rlflow_core.schemas.tasks import (
    COMMON_CONTENT,
    TaskChangeIn,
    TaskIn,
    TaskOut,
    TaskPageOut,
    VersionListOut,
)
from rlflow_core.services import task_intake, task_lists
from rlflow_core.services.errors import Invalid
from rlflow_core.services.projects import get_visible
from rlflow_core.services.task_changes import TaskChange
from rlflow_core.services.task_drafts import TaskDraft

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks", description="What is judged.")


class TaskQuery(PageArguments):
    """Which tasks are listed."""

    project = fields.UUID(load_default=None)
    status = fields.String(load_default=None, validate=STATUS)
    type = fields.String(load_default=None, validate=validate.Length(max=64))
    tag = fields.String(load_default=None, validate=validate.Length(max=100))
    text = fields.String(
        load_default=None,
        validate=validate.Length(max=200),
        metadata={"description": "Part of the prompt; its case does not matter."},
    )
    outputs = fields.String(
        load_default=None,
        validate=validate.OneOf(["missing"]),
        metadata={"description": "`missing`: those with too few outputs to be judged."},
    )


@blueprint.route("", methods=["GET"])
@roles("researcher")
@blueprint.arguments(TaskQuery, location="query")
@blueprint.response(200, TaskPageOut)
@blueprint.errors(404)
def list_tasks(query: dict[str, Any]) -> Page:
    """List the tasks of your projects, newest first."""
    viewer, limit, after = current_user(), query.pop("limit"), id_after(query.pop("cursor"))
    if query["project"] is not None:
        query["project"] = get_visible(db.read, viewer, str(query["project"])).id
    wanted = task_lists.TaskFilter(**query)
    return page_by_id(task_lists.page(db.read, viewer, wanted, limit + 1, after), limit)


@blueprint.route("", methods=["POST"])
@roles("researcher")
@blueprint.arguments(TaskIn)
@blueprint.response(201, TaskOut)
@blueprint.errors(404, 409)
def create_task(body: dict[str, Any]) -> Any:
    """Make a task, with its outputs if there are any; without `project` in your default project of its `type`."""
    draft = TaskDraft(
        content=_content(body) or {},
        outputs=tuple(body["outputs"]),
        tags=tuple(body["tags"]),
        metadata=body["metadata"],
        priority=body["priority"],
        key=body["key"],
        status=body["status"],
    )
    project_id = str(body["project"]) if "project" in body else None
    made = task_intake.create_task(get_host(), current_user(), project_id, body.get("type"), draft)
    headers = {**etag(made.version), "Location": url_for(".get_task", task_id=made.id)}
    return made, 201, headers


@blueprint.route("/<uuid:task_id>", methods=["GET"])
@roles("researcher")
@blueprint.response(200, TaskOut)
@blueprint.errors(404)
def get_task(task_id: UUID) -> Any:
    """Show a task at its newest version, which is its ETag."""
    task = task_lists.get(db.read, current_user(), str(task_id))
    return task, 200, etag(task.version)


@blueprint.route("/<uuid:task_id>", methods=["PUT"])
@roles("researcher")
@blueprint.arguments(TaskChangeIn)
@blueprint.response(200, TaskOut)
@blueprint.errors(404, 412, 428)
def change_task(body: dict[str, Any], task_id: UUID) -> Any:
    """Make a new version of a task; what is left out stays.

    Outputs stay too, unless models are asked something else now: then they are stale and not judged any more.
    """
    seen = seen_version(body.get("version"))
    change = TaskChange(
        content=_content(body),
        tags=tuple(body["tags"]) if "tags" in body else None,
        metadata=body.get("metadata"),
        priority=body.get("priority"),
        status=body.get("status"),
    )
    with stale_is_refused():
        task = task_intake.change_task(get_host(), current_user(), str(task_id), change, seen)
    return task, 200, etag(task.version)


@blueprint.route("/<uuid:task_id>/versions", methods=["GET"])
@roles("researcher")
@blueprint.response(200, VersionListOut)
@blueprint.errors(404)
def list_versions(task_id: UUID) -> dict[str, list[task_lists.VersionDetail]]:
    """List all versions of a task, newest first."""
    return {"items": task_lists.versions(db.read, current_user(), str(task_id))}


@blueprint.route("/<uuid:task_id>/outputs", methods=["GET"])
@roles("researcher")
@blueprint.response(200, OutputListOut)
@blueprint.errors(404)
def list_outputs(task_id: UUID) -> dict[str, list[task_lists.OutputDetail]]:
    """List the outputs of a task in their order, the stale ones too."""
    return {"items": task_lists.outputs(db.read, current_user(), str(task_id))}


@blueprint.route("/<uuid:task_id>/outputs", methods=["POST"])
@roles("researcher")
@blueprint.arguments(OutputsIn)
@blueprint.response(201, OutputListOut)
@blueprint.errors(404, 409)
def add_outputs(body: dict[str, Any], task_id: UUID) -> dict[str, list[task_lists.OutputDetail]]:
    """Add outputs that were made elsewhere; what can be compared now is handed out."""
    added = task_intake.add_outputs(get_host(), current_user(), str(task_id), body["outputs"])
    return {"items": added}


def _content(body: dict[str, Any]) -> dict[str, Any] | None:
    """The content in a body, from its top level and from `content`; None if it has none."""
    given = {name: body[name] for name in COMMON_CONTENT if name in body}
    inner = body.get("content", {})
    if twice := given.keys() & inner.keys():
        raise Invalid(
            "The task does not fit.", {name: ["It stands in content too."] for name in sorted(twice)}
        )
    return {**inner, **given} or None
