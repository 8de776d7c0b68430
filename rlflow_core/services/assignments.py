"""One assignment as its annotator sees it: the task, the outputs in the order shown, what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import (
    Draft,
    Feedback,
    FeedbackRevision,
    Project,
    ProjectMember,
    ProjectRevision,
    Task,
    TaskAssignment,
    TaskItem,
    TaskVersion,
    is_id,
)
from rlflow_core.plugin_api import OutputView, TaskView
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.errors import NotFound
from rlflow_core.services.project_settings import ProjectComponents, components_of
from rlflow_core.services.queue import NotAMember
from rlflow_core.services.task_views import outputs_of, shown_views, task_view


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """An assignment with everything that judging it needs; it never says whether it is gold or a repeat."""

    id: str
    state: str
    project_id: str
    project_name: str
    project_revision: int
    guidelines: str
    task: TaskView
    task_type: str
    outputs: tuple[OutputView, ...]
    assigned_at: datetime
    lease_until: datetime | None
    returned: bool
    note: str | None
    response: Mapping[str, Any] | None
    draft: Mapping[str, Any] | None
    draft_version: int
    draft_saved_at: datetime | None
    active_ms: int


@dataclass(frozen=True, slots=True)
class OpenedAssignment:
    """An assignment beside the components that show it and judge its response."""

    view: AssignmentView
    components: ProjectComponents


def open_assignment(
    session: Session, host: PluginHost, annotator_id: str, assignment_id: str
) -> OpenedAssignment:
    """The annotator's own assignment under the settings it was made with.

    NotFound for anybody else's, NotAMember after they left the project, Unavailable while a component fails.
    """
    row = session.get(TaskAssignment, assignment_id) if is_id(assignment_id) else None
    if row is None or row.annotator_id != annotator_id:
        raise NotFound("assignment", assignment_id)
    member = session.get(ProjectMember, (row.project_id, annotator_id))
    if member is not None and member.left_at is not None:
        raise NotAMember
    revision = session.get_one(ProjectRevision, row.project_revision_id)
    return OpenedAssignment(_view(session, row, revision), components_of(host, revision))


def _view(session: Session, row: TaskAssignment, revision: ProjectRevision) -> AssignmentView:
    project = session.get_one(Project, row.project_id)
    task = session.get_one(Task, row.task_id)
    version = session.get_one(TaskVersion, row.task_version_id)
    item = session.get_one(TaskItem, row.item_id)
    draft = session.get(Draft, row.id)
    return AssignmentView(
        id=row.id,
        state=row.state,
        project_id=project.id,
        project_name=project.name,
        project_revision=revision.number,
        guidelines=revision.guidelines,
        task=task_view(task, version),
        task_type=task.type,
        outputs=shown_views(
            outputs_of(session, item),
            row.shown or [],
            hide_models=bool((row.blinded or {}).get("models")),
        ),
        assigned_at=row.assigned_at,
        lease_until=row.lease_until,
        returned=row.returned,
        note=row.note if row.returned else None,
        response=_response(session, row.id),
        draft=draft.response if draft else None,
        draft_version=draft.version if draft else 0,
        draft_saved_at=draft.saved_at if draft else None,
        active_ms=row.active_ms,
    )


def _response(session: Session, assignment_id: str) -> Mapping[str, Any] | None:
    return session.scalar(
        select(FeedbackRevision.response)
        .join(Feedback, Feedback.id == FeedbackRevision.feedback_id)
        .where(Feedback.assignment_id == assignment_id, FeedbackRevision.number == Feedback.revision)
    )
