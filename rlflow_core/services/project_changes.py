"""Changing projects: settings make a new revision; name, entry and status do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from rlflow_core.models import Project
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.entry_codes import give_code
from rlflow_core.services.errors import Conflict, Invalid
from rlflow_core.services.pairing import limits_of, misfit
from rlflow_core.services.project_settings import ProjectSettings, complete
from rlflow_core.services.project_traces import note_change
from rlflow_core.services.projects import ProjectView, get_visible, revise, task_count, view
from rlflow_core.services.tasks import enqueue_ranking


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """A change made to revision `seen` of a project; None leaves as it is."""

    seen: int
    settings: ProjectSettings
    name: str | None = None
    entry: str | None = None
    status: str | None = None


def checked(host: PluginHost, settings: ProjectSettings) -> ProjectSettings:
    """`settings` with defaults filled in; raises Invalid where components do not fit, alone or together."""
    filled, components = complete(host, settings)
    reason = misfit(filled.pairing, limits_of(components))
    if reason is not None:
        raise Invalid("The project's settings do not fit.", {"pairing": [reason]})
    return filled


def prepare(
    session: Session,
    host: PluginHost,
    viewer: Viewer,
    project_id: str,
    given: Mapping[str, Any],
    change: Mapping[str, Any],
    seen: int,
) -> ProjectChange:
    """The settings in force with the `given` ones in their place, checked, beside the rest of the change."""
    project = get_visible(session, viewer, project_id)
    _check_revision(project, seen)
    settings = replace(view(session, project).settings, **given)
    return ProjectChange(seen=seen, settings=checked(host, settings), **change)


def store(session: Session, viewer: Viewer, project_id: str, change: ProjectChange) -> ProjectView:
    """The project after the change; a new revision only where settings differ.

    Conflict ("stale") when somebody else revised it in between, and where tasks hold it to its task type.
    """
    project = get_visible(session, viewer, project_id)
    session.refresh(project, with_for_update={"key_share": True})
    _check_revision(project, change.seen)
    before = view(session, project).settings
    if change.settings != before:
        if change.settings.task_type.key != before.task_type.key and task_count(session, project.id):
            raise Conflict(
                "The project has tasks, so its task type stays. Make another project for another type.",
                code="has_tasks",
            )
        revise(session, viewer, project.id, change.settings, seen=change.seen)
        if change.settings.router != before.router:
            enqueue_ranking(session, project.id)
    old = {"name": project.name, "entry": project.entry, "status": project.status}
    project.name = change.name or project.name
    project.entry = change.entry or project.entry
    give_code(project)
    project.status = change.status or project.status
    new = {"name": project.name, "entry": project.entry, "status": project.status}
    note_change(session, project.id, old, new)
    return view(session, project)


def _check_revision(project: Project, seen: int) -> None:
    if project.revision != seen:
        raise Conflict(
            f"The project is at revision {project.revision} now; the change was made to revision {seen}.",
            code="stale",
        )
