"""Taking single tasks, changes and outputs from end to end: checked first, then stored in one short transaction."""

from __future__ import annotations

from collections.abc import Sequence

from rlflow_core.extensions import db
from rlflow_core.models import Project
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import default_projects, task_changes, task_lists, tasks
from rlflow_core.services.errors import Invalid
from rlflow_core.services.project_settings import components_of
from rlflow_core.services.projects import current_revision, get_visible
from rlflow_core.services.task_changes import TaskChange
from rlflow_core.services.task_content import prepare
from rlflow_core.services.task_drafts import OutputDraft, TaskDraft
from rlflow_core.services.task_lists import OutputDetail, TaskDetail


def create_task(
    host: PluginHost, viewer: Viewer, project_id: str | None, task_type: str | None, draft: TaskDraft
) -> TaskDetail:
    """The new task, in the project named or in the viewer's default project of its type."""
    project = _project(host, viewer, project_id, task_type)
    revision = current_revision(db.read, project)
    components = components_of(host, revision)
    _check_type(components.task_type.registered.key, task_type)
    prepared = prepare(host, components, revision.pairing, draft)
    return db.transact(tasks.create, viewer, project.id, revision, [prepared])[0]


def change_task(host: PluginHost, viewer: Viewer, task_id: str, change: TaskChange, seen: int) -> TaskDetail:
    """The task after `change`, which was made to version `seen`."""
    prepared = task_changes.prepare_version(db.read, host, viewer, task_id, change, seen)
    return db.transact(task_changes.store_version, viewer, prepared)


def add_outputs(
    host: PluginHost, viewer: Viewer, task_id: str, outputs: Sequence[OutputDraft]
) -> list[OutputDetail]:
    """The outputs as stored behind those that the task has."""
    prepared = task_changes.prepare_more_outputs(db.read, host, viewer, task_id, outputs)
    added = set(db.transact(task_changes.add_outputs, viewer, prepared))
    return [output for output in task_lists.outputs(db.read, viewer, task_id) if output.id in added]


def _project(host: PluginHost, viewer: Viewer, project_id: str | None, task_type: str | None) -> Project:
    if project_id is None:
        if task_type is None:
            raise Invalid("The task does not fit.", {"type": ["Name the type of the task, or a project."]})
        project_id = default_projects.find(db.read, viewer, task_type)
    if project_id is None and task_type is not None:
        default = default_projects.prepare(host, task_type)
        project_id = db.transact(default_projects.find_or_create, viewer, default)
    return get_visible(db.read, viewer, project_id or "")


def _check_type(of_project: str, given: str | None) -> None:
    if given is not None and given != of_project:
        raise Invalid(
            "The task does not fit.",
            {"type": [f"The project takes tasks of type {of_project}, not {given}."]},
        )
