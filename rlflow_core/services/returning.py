"""Giving a judgement back to its annotator, with a note that says what to look at again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, Project, User, is_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services import feedback, jobs, notifying, queue
from rlflow_core.services.errors import Conflict, NotFound
from rlflow_core.services.feedback import SCORE_DELAY_SECONDS, FeedbackView
from rlflow_core.services.projects import visible_to


def give_back(session: Session, viewer: Viewer, feedback_id: str, note: str, minutes: float) -> FeedbackView:
    """The judgement, which no longer counts until its annotator submits it again within so many minutes.

    They are told, with the note; after that time its place goes to others. NotFound where `viewer` does not manage
    the project, Conflict where nobody could redo it.
    """
    row = _visible(session, viewer, feedback_id)
    person = session.get_one(User, row.annotator_id)
    if row.source == "import" or person.kind != "human":
        raise Conflict("This judgement was not made here, so nobody could redo it.", code="not_made_here")
    if person.disabled_at is not None:
        raise Conflict("Its annotator's account is closed, so nobody could redo it.", code="account_closed")
    returned = queue.return_to_annotator(session, row.assignment_id, note, minutes)
    notifying.enqueue(session, f"returned:{returned.id}:{row.revision}", row.project_id)
    jobs.enqueue(
        session, "score", row.project_id, project_id=row.project_id, delay_seconds=SCORE_DELAY_SECONDS
    )
    session.expire(row)
    return feedback.view(session, row.id)


def _visible(session: Session, viewer: Viewer, feedback_id: str) -> Feedback:
    visible = visible_to(viewer).with_only_columns(Project.id)
    query = select(Feedback).where(Feedback.id == feedback_id, Feedback.project_id.in_(visible))
    row = session.scalar(query) if is_id(feedback_id) else None
    if row is None:
        raise NotFound("feedback", feedback_id)
    return row
