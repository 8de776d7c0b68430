"""Pages of projects, with the settings in force."""

from __future__ import annotations

from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, Project, ProjectRevision, Task, User, is_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_core.services.projects import ProjectView, under, visible_to

Role = Literal["researcher", "annotator", "admin"]


def page(session: Session, viewer: Viewer, limit: int, after: str | None = None) -> list[ProjectView]:
    """At most `limit` projects that `viewer` may manage, newest first, after the one with id `after`."""
    query = visible_to(viewer).order_by(Project.id.desc()).limit(limit)
    if after is not None:
        query = query.where(Project.id < after)
    projects = session.scalars(query).all()
    revisions = session.scalars(
        select(ProjectRevision)
        .join(
            Project,
            (Project.id == ProjectRevision.project_id) & (Project.revision == ProjectRevision.number),
        )
        .where(Project.id.in_([project.id for project in projects]))
    )
    by_project = {revision.project_id: revision for revision in revisions}
    return [under(project, by_project[project.id]) for project in projects]


def lately_labelled(session: Session, viewer: Viewer) -> Project:
    """The project of the viewer's that has the newest vote, for requests that name none; Invalid without any vote."""
    visible = visible_to(viewer)
    newest = session.scalar(
        select(Feedback.project_id)
        .where(Feedback.project_id.in_(visible.with_only_columns(Project.id)), Feedback.state == "standing")
        .order_by(Feedback.id.desc())
        .limit(1)
    )
    if newest is None:
        raise Invalid("Name a project.", {"project": ["Name a project: none of yours has votes yet."]})
    return session.get_one(Project, newest)


def find(session: Session, name_or_id: str) -> Project:
    """The project with this id or, if only one has it, this name; for the command line, which may see all."""
    has_key = Project.id == name_or_id if is_id(name_or_id) else Project.name == name_or_id
    found = session.scalars(select(Project).where(has_key)).all()
    if not found:
        raise NotFound("project", name_or_id)
    if len(found) > 1:
        ids = ", ".join(project.id for project in found)
        raise Conflict(f"Several projects are called {name_or_id!r}. Name one by its id: {ids}.")
    return found[0]


def of_task(session: Session, task_id: str) -> Project:
    """The project that a task belongs to; for the command line, which may see all."""
    query = select(Project).join(Task, Task.project_id == Project.id).where(Task.id == task_id)
    project = session.scalar(query) if is_id(task_id) else None
    if project is None:
        raise NotFound("task", task_id)
    return project


def maker(session: Session, project: Project) -> Viewer:
    """The person who made a project."""
    user = session.get_one(User, project.creator_id)
    return Viewer(user.id, user.email, cast(Role, user.role))
