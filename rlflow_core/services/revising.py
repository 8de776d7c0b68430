"""Changing one's own judgement after its submit: a further revision, with every earlier one kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Feedback, FeedbackRevision, Project, TaskAssignment, is_id
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import feedback, queue
from rlflow_core.services.errors import Conflict, NotFound
from rlflow_core.services.feedback import FeedbackView, Prepared, Submission, prepare
from rlflow_core.services.submitting import submit

OPEN_TO_CHANGE = ("open", "paused")


def revise(
    host: PluginHost, annotator_id: str, feedback_id: str, submission: Submission, seen: int
) -> FeedbackView:
    """The annotator's own feedback with this answer, which was made to revision `seen`.

    What was returned or undone is submitted again by this; the same answer again changes nothing. NotFound for
    anybody else's, Conflict ("stale" where it was changed since) where it may not be changed any more.
    """
    row = own(db.read, annotator_id, feedback_id)
    submission = replace(submission, assignment_id=row.assignment_id)
    if row.state == "withdrawn":
        _check_revision(row, seen)
        return submit(host, annotator_id, submission).feedback
    prepared = prepare(db.read, host, annotator_id, submission)
    if prepared.replay_of is not None:
        return feedback.own_view(db.read, prepared.replay_of)
    return db.transact(_store, prepared, row.id, seen)


def own(session: Session, annotator_id: str, feedback_id: str) -> Feedback:
    """The annotator's own feedback; NotFound for anybody else's."""
    row = session.get(Feedback, feedback_id) if is_id(feedback_id) else None
    if row is None or row.annotator_id != annotator_id:
        raise NotFound("feedback", feedback_id)
    return row


@dataclass(frozen=True, slots=True)
class Standing:
    """Feedback of the annotator's that stands, at its newest revision."""

    id: str
    revision: int


def standing(session: Session, annotator_id: str, assignment_id: str) -> Standing | None:
    """What the annotator's assignment came to, or None if nothing of theirs stands there."""
    row = session.scalar(
        select(Feedback).where(
            Feedback.assignment_id == assignment_id,
            Feedback.annotator_id == annotator_id,
            Feedback.state == "standing",
        )
    )
    return None if row is None else Standing(row.id, row.revision)


def _store(session: Session, prepared: Prepared, feedback_id: str, seen: int) -> FeedbackView:
    row = session.get_one(Feedback, feedback_id)
    claimed = queue.revise(session, row.assignment_id, prepared.annotator_id)
    session.refresh(row)
    _check_revision(row, seen)
    _may_change(session, row)
    current = session.get_one(FeedbackRevision, (row.id, row.revision))
    if current.body_hash != prepared.judged.body_hash:
        feedback.store(session, _with_all_time(prepared, row), claimed)
        feedback.after_change(session, row.project_id)
    return feedback.own_view(session, row.id)


def _may_change(session: Session, row: Feedback) -> None:
    project = session.get_one(Project, row.project_id)
    if project.status not in OPEN_TO_CHANGE:
        raise Conflict(f"The project is {project.status}, so its judgements stay as they are.", code="closed")
    decided = select(TaskAssignment.id).where(
        TaskAssignment.item_id == row.item_id,
        TaskAssignment.purpose == "adjudication",
        TaskAssignment.state == "completed",
    )
    if session.scalar(decided.limit(1)) is not None:
        raise Conflict("Somebody has decided this by now, so your judgement stays as it is.", code="decided")


def _check_revision(row: Feedback, seen: int) -> None:
    if row.revision != seen:
        raise Conflict(
            f"Your judgement is at revision {row.revision} now; the change was made to revision {seen}.",
            code="stale",
        )


def _with_all_time(prepared: Prepared, row: Feedback) -> Prepared:
    """The time of the change comes on top of the time that the judgement took."""
    if row.active_ms is None:
        return prepared
    seconds = (prepared.submission.seconds or 0) + row.active_ms / 1000
    return replace(prepared, submission=replace(prepared.submission, seconds=seconds))
