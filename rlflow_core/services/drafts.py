"""Drafts: unsent answers, kept on the server as the form's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rlflow_core.models import Draft, ProjectRevision, TaskAssignment, db_now, is_id
from rlflow_core.services import queue
from rlflow_core.services.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A stored draft; `version` rises with every save."""

    version: int
    saved_at: datetime


def keep_draft(session: Session, assignment_id: str, response: Mapping[str, Any]) -> SavedDraft:
    """The draft of an assignment replaced by `response`."""
    draft = session.get(Draft, assignment_id)
    if draft is None:
        draft = Draft(assignment_id=assignment_id, version=0)
        session.add(draft)
    draft.response = dict(response)
    draft.version += 1
    draft.saved_at = db_now()
    session.flush()
    session.refresh(draft)
    return SavedDraft(draft.version, draft.saved_at)


def save_draft(
    session: Session,
    annotator_id: str,
    assignment_id: str,
    response: Mapping[str, Any],
    active_ms: int | None,
) -> SavedDraft:
    """The annotator's draft stored, and the reservation extended.

    NotFound for anybody else's assignment; Invalid for a name that is none of the project's reward schemas.

    A draft is kept also after the reservation is over, so that nothing written is lost.
    """
    row = session.get(TaskAssignment, assignment_id) if is_id(assignment_id) else None
    if row is None or row.annotator_id != annotator_id:
        raise NotFound("assignment", assignment_id)
    _check_names(session, row, response)
    if row.state == "completed":
        raise Conflict(
            "This task was submitted already, so its draft is no longer kept.", code="already_submitted"
        )
    if row.state == "leased":
        queue.extend(session, assignment_id, annotator_id)
        if active_ms is not None:
            row.active_ms = max(row.active_ms, active_ms)
    return keep_draft(session, assignment_id, response)


def _check_names(session: Session, assignment: TaskAssignment, response: Mapping[str, Any]) -> None:
    revision = session.get_one(ProjectRevision, assignment.project_revision_id)
    names = [schema["name"] for schema in revision.reward_schemas]
    unknown = {name: [f"Has to be one of: {', '.join(names)}."] for name in response if name not in names}
    if unknown:
        raise Invalid("The draft does not fit.", {"response": unknown})
