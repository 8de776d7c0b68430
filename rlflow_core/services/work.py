"""An annotator's day: what there is to do, the next task, setting one aside."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from rlflow_core.models import Project, ProjectMember, is_id
from rlflow_core.services import queue
from rlflow_core.services.errors import NotFound
from rlflow_core.services.projects import add_member


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One project that an annotator can work in, with how far they are; `reason` says why there is nothing."""

    project_id: str
    name: str
    status: str
    joined: bool
    progress: queue.Progress | None
    reason: queue.Reason | None


NO_PROJECT = queue.Reason(
    queue.EmptyBecause.NOTHING_IMPORTED, "No project is open to you yet. A researcher can add you to one."
)


def open_to(session: Session, annotator_id: str) -> list[tuple[Project, bool]]:
    """The projects an annotator may work in, oldest first, and whether they have joined."""
    rows = session.execute(
        select(Project, ProjectMember.user_id)
        .outerjoin(
            ProjectMember,
            (ProjectMember.project_id == Project.id) & (ProjectMember.user_id == annotator_id),
        )
        .where(
            or_(
                (ProjectMember.role == "annotator") & ProjectMember.left_at.is_(None),
                (Project.entry == "open") & (Project.status == "open") & ProjectMember.user_id.is_(None),
            )
        )
        .where(Project.status.in_(("open", "paused")))
        .order_by(Project.id)
    )
    return [(project, member is not None) for project, member in rows]


def overview(session: Session, annotator_id: str) -> list[QueueEntry]:
    """Every project the annotator may work in, with as many statements for many as for one."""
    projects = open_to(session, annotator_id)
    progress = queue.progress_of(session, annotator_id, [one.id for one, joined in projects if joined])
    empty = [key for key, one in progress.items() if not one.remaining and not one.leased]
    reasons = queue.reasons_of(session, annotator_id, empty)
    return [
        QueueEntry(one.id, one.name, one.status, joined, progress.get(one.id), reasons.get(one.id))
        for one, joined in projects
        if not joined or one.id in progress
    ]


def next_project(session: Session, annotator_id: str, project_id: str | None) -> str | None:
    """The project to take the next task from: the one named, else the first that has any; None when none has."""
    projects = open_to(session, annotator_id)
    if project_id is not None:
        if not is_id(project_id) or all(project.id != project_id for project, _ in projects):
            raise NotFound("project", project_id)
        return project_id
    members = [project.id for project, joined in projects if joined]
    ready = queue.with_work(session, annotator_id, members)
    for project, joined in projects:
        if not joined or project.id in ready:
            return project.id
    return projects[0][0].id if projects else None


def join(session: Session, annotator_id: str, project_id: str) -> None:
    """Make the annotator a member of a project that is open to all, if they are not."""
    if session.get(ProjectMember, (project_id, annotator_id)) is None:
        add_member(session, project_id, annotator_id, "annotator")


def claim(
    session: Session, annotator_id: str, project_id: str, component_set_id: str
) -> queue.Claimed | None:
    """The next assignment in a project, joined on the way where it is open to all."""
    join(session, annotator_id, project_id)
    return queue.claim(session, project_id, annotator_id, component_set_id)
