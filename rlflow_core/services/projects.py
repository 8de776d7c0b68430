"""Projects: who sees them, their settings in revisions, their members."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Project, ProjectMember, ProjectRevision, Task, is_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import project_traces
from rlflow_core.services.entry_codes import give_code
from rlflow_core.services.errors import Conflict, NotFound
from rlflow_core.services.project_settings import (
    ProjectComponents,
    ProjectSettings,
    components_of,
    from_revision,
)


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project with the settings in force."""

    id: str
    name: str
    creator_id: str
    status: str
    entry: str
    entry_code: str | None
    revision: int
    revision_id: str
    created_at: datetime
    settings: ProjectSettings


def visible_to(viewer: Viewer) -> Select[Project]:
    """The projects that `viewer` may manage; the one place that decides it."""
    query = select(Project)
    if viewer.role == "admin":
        return query
    return query.join(ProjectMember, ProjectMember.project_id == Project.id).where(
        ProjectMember.user_id == viewer.id,
        ProjectMember.role == "researcher",
        ProjectMember.left_at.is_(None),
    )


def get_visible(session: Session, viewer: Viewer, project_id: str) -> Project:
    """The project, if `viewer` may manage it; NotFound else, so that its existence is not confirmed."""
    project = (
        session.scalar(visible_to(viewer).where(Project.id == project_id)) if is_id(project_id) else None
    )
    if project is None:
        raise NotFound("project", project_id)
    return project


def current_revision(session: Session, project: Project) -> ProjectRevision:
    """The revision whose settings are in force."""
    return session.scalars(
        select(ProjectRevision).filter_by(project_id=project.id, number=project.revision)
    ).one()


def view(session: Session, project: Project) -> ProjectView:
    """A project as its researchers see it."""
    return under(project, current_revision(session, project))


def under(project: Project, revision: ProjectRevision) -> ProjectView:
    """A project as its researchers see it under the settings of `revision`."""
    return ProjectView(
        id=project.id,
        name=project.name,
        creator_id=project.creator_id,
        status=project.status,
        entry=project.entry,
        entry_code=project.entry_code if project.entry == "code" else None,
        revision=project.revision,
        revision_id=revision.id,
        created_at=project.created_at,
        settings=from_revision(revision),
    )


def components(session: Session, host: PluginHost, project: Project) -> ProjectComponents:
    """The components of the project's settings in force."""
    return components_of(host, current_revision(session, project))


def list_visible(session: Session, viewer: Viewer) -> list[Project]:
    """All projects that `viewer` may manage, newest first."""
    return list(session.scalars(visible_to(viewer).order_by(Project.id.desc())))


def create(
    session: Session,
    creator: Viewer,
    name: str,
    settings: ProjectSettings,
    *,
    entry: str = "members",
    status: str = "open",
) -> ProjectView:
    """A new project with `settings` (completed and checked beforehand); its creator becomes its first researcher."""
    project = Project(name=name, creator_id=creator.id, entry=entry, status=status, revision=1)
    give_code(project)
    session.add(project)
    session.flush()
    session.add(_revision(project, settings, creator))
    add_member(session, project.id, creator.id, "researcher")
    session.flush()
    return view(session, project)


def revise(
    session: Session, viewer: Viewer, project_id: str, settings: ProjectSettings, *, seen: int
) -> ProjectView:
    """The project under new settings; Conflict when somebody else revised it since revision `seen`."""
    project = get_visible(session, viewer, project_id)
    session.refresh(project, with_for_update=True)
    if project.revision != seen:
        raise Conflict(
            f"The project is at revision {project.revision} now; the change was made to revision {seen}."
        )
    before = from_revision(current_revision(session, project))
    project.revision += 1
    session.add(_revision(project, settings, viewer))
    project_traces.note_change(
        session, project.id, asdict(before), asdict(settings), revision=project.revision
    )
    return view(session, project)


def set_status(session: Session, viewer: Viewer, project_id: str, status: str) -> ProjectView:
    """The project with another status; only an open one hands out work."""
    project = get_visible(session, viewer, project_id)
    project_traces.note_change(session, project.id, {"status": project.status}, {"status": status})
    project.status = status
    session.flush()
    return view(session, project)


def add_member(session: Session, project_id: str, user_id: str, role: str) -> ProjectMember:
    """A membership, with a pseudonym that is random per project; an existing one gets the role.

    Who comes back goes on under the pseudonym they had.
    """
    member = session.get(ProjectMember, (project_id, user_id))
    before = member.role if member is not None and member.left_at is None else None
    project_traces.note_role(session, project_id, user_id, before, role)
    if member is not None:
        member.role, member.left_at = role, None
        return member
    member = ProjectMember(
        project_id=project_id, user_id=user_id, role=role, pseudonym=f"annotator-{secrets.token_hex(5)}"
    )
    session.add(member)
    session.flush()
    return member


def task_count(session: Session, project_id: str) -> int:
    """How many tasks a project has."""
    return session.scalar(select(func.count()).select_from(Task).where(Task.project_id == project_id)) or 0


def _revision(project: Project, settings: ProjectSettings, author: Viewer) -> ProjectRevision:
    stored = asdict(replace(settings, reward_schemas=(), scorers=()))
    stored["reward_schemas"] = [asdict(choice) for choice in settings.reward_schemas]
    stored["scorers"] = [asdict(choice) for choice in settings.scorers or ()]
    return ProjectRevision(project_id=project.id, number=project.revision, created_by=author.id, **stored)
