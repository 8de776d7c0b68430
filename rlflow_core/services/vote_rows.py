"""The rows that a judgement made elsewhere becomes: as if it had been made here, marked as imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rlflow_core.models import Feedback, FeedbackRevision, SignalRow, TaskAssignment, new_id
from rlflow_core.services.feedback import signal_rows
from rlflow_core.services.inserts import Origin, Row, Rows
from rlflow_core.services.outside_votes import PreparedVote


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a vote belongs, and the ids that its rows share."""

    version_id: str
    assignment_id: str
    feedback_id: str
    annotator_id: str
    completed_at: datetime
    milliseconds: int | None


def add_vote(
    rows: Rows, origin: Origin, task_id: str, item_id: str, version_id: str, vote: PreparedVote
) -> None:
    """Add the assignment, feedback, revision and signals of a vote; without a time it was made now."""
    place = _Place(
        version_id=version_id,
        assignment_id=new_id(),
        feedback_id=new_id(),
        annotator_id=origin.annotators[vote.annotator],
        completed_at=vote.created_at or origin.now,
        milliseconds=None if vote.seconds is None else round(vote.seconds * 1000),
    )
    shared = {
        "task_id": task_id,
        "item_id": item_id,
        "project_id": origin.revision.project_id,
        "annotator_id": place.annotator_id,
        "component_set_id": origin.component_set_id,
    }
    rows.add(TaskAssignment, [shared | _assignment(origin, place, vote)])
    rows.add(Feedback, [shared | _feedback(place, vote)])
    rows.add(FeedbackRevision, [_revision(origin, place, vote)])
    positions = {output_id: position for position, output_id in enumerate(vote.shown)}
    rows.add(SignalRow, signal_rows(place.feedback_id, 1, item_id, vote.judged, positions))


def _assignment(origin: Origin, place: _Place, vote: PreparedVote) -> Row:
    return {
        "id": place.assignment_id,
        "purpose": "vote",
        "pass_no": 0,
        "state": "completed",
        "task_version_id": place.version_id,
        "project_revision_id": origin.revision.id,
        "shown": list(vote.shown),
        "assigned_at": place.completed_at - timedelta(milliseconds=place.milliseconds or 0),
        "completed_at": place.completed_at,
        "active_ms": place.milliseconds or 0,
    }


def _feedback(place: _Place, vote: PreparedVote) -> Row:
    return {
        "id": place.feedback_id,
        "assignment_id": place.assignment_id,
        "revision": 1,
        "state": "standing",
        "source": "import",
        "reward_scalar": vote.judged.reward_scalar,
        "rationale": vote.judged.rationale,
        "active_ms": place.milliseconds,
        "wall_ms": place.milliseconds,
        "created_at": place.completed_at,
    }


def _revision(origin: Origin, place: _Place, vote: PreparedVote) -> Row:
    return {
        "feedback_id": place.feedback_id,
        "number": 1,
        "annotator_id": place.annotator_id,
        "response": dict(vote.judged.response),
        "body_hash": vote.judged.body_hash,
        "signals_error": vote.judged.signals_error,
        "announced": origin.votes_announced,
        "created_at": place.completed_at,
    }
