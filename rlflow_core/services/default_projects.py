"""The project that a person's tasks of one type go to when they name none; it is made at first use."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import Project, User
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.registry import UnknownComponent
from rlflow_core.services.errors import Invalid
from rlflow_core.services.project_changes import checked
from rlflow_core.services.project_settings import Choice, ProjectSettings
from rlflow_core.services.projects import create


@dataclass(frozen=True, slots=True)
class DefaultProject:
    """What the default project of a task type is made with."""

    task_type: str
    name: str
    settings: ProjectSettings


def find(session: Session, viewer: Viewer, task_type: str) -> str | None:
    """The id of the viewer's default project of this type, if they have it."""
    return session.scalar(
        select(Project.id).where(Project.creator_id == viewer.id, Project.default_for == task_type)
    )


def prepare(host: PluginHost, task_type: str) -> DefaultProject:
    """The defaults of this task type; raises Invalid that lists the types there are."""
    try:
        title = host.registry.get("task_type", task_type).cls.title
    except UnknownComponent as error:
        raise Invalid("The task does not fit.", {"type": [str(error)]}) from error
    settings = checked(host, ProjectSettings(task_type=Choice(task_type)))
    return DefaultProject(task_type, f"My {title} tasks", settings)


def find_or_create(session: Session, viewer: Viewer, default: DefaultProject) -> str:
    """The id of the viewer's default project of this type; every annotator on this server may judge in a new one."""
    # Two first tasks at the same moment must find one project.
    session.execute(select(User.id).where(User.id == viewer.id).with_for_update(key_share=True))
    found = find(session, viewer, default.task_type)
    if found is not None:
        return found
    made = create(session, viewer, default.name, default.settings, entry="open")
    session.get_one(Project, made.id).default_for = default.task_type
    session.flush()
    return made.id
