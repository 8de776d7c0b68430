"""Joining a project by its code: whoever was told the code may judge in it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import Project, ProjectMember
from rlflow_core.services.entry_codes import as_written
from rlflow_core.services.errors import Conflict, NotFound
from rlflow_core.services.projects import add_member


def join(session: Session, annotator_id: str, code: str) -> Project:
    """The project that the code opens, the annotator now a member; NotFound for a code that opens none.

    Conflict where a researcher had taken them out.
    """
    project = session.scalar(
        select(Project).where(
            Project.entry_code == as_written(code),
            Project.entry == "code",
            Project.status.in_(("open", "paused")),
        )
    )
    if project is None:
        raise NotFound("project with this code")
    member = session.get(ProjectMember, (project.id, annotator_id))
    if member is not None and member.left_at is not None:
        raise Conflict("A researcher took you out of this project. They can add you again.", code="taken_out")
    if member is None:
        add_member(session, project.id, annotator_id, "annotator")
    return project
