"""Submitting and reading feedback: a label is checked before its transaction, and stored whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from rlflow_core.models import (
    Draft,
    Feedback,
    FeedbackRevision,
    ProjectMember,
    SignalRow,
    Task,
    TaskAssignment,
    is_id,
)
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import events, jobs, notifying, queue
from rlflow_core.services.assignments import open_assignment
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_core.services.projects import get_visible
from rlflow_core.services.responses import Judged, expand, judge

SCORE_DELAY_SECONDS = 2
MAX_KEY_BYTES = 255
TESTS = ("gold", "repeat")
TOO_LATE = {
    "expired": (
        "reservation_over",
        "The reservation of this task ended and its place went to somebody else.",
    ),
    "skipped": ("skipped", "You skipped this task, so somebody else gets it."),
    "withdrawn": ("withdrawn", "Your judgement of this task was withdrawn, so it takes no other answer."),
}
NOT_STORED = frozenset(code for code, _ in TOO_LATE.values())


@dataclass(frozen=True, slots=True)
class Submission:
    """What an annotator sends: the answer to one assignment, and the key that makes sending it twice harmless."""

    assignment_id: str
    body: Mapping[str, Any]
    source: str
    seconds: float | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A submission that has been judged, with where its outputs were shown; ready for SQL only."""

    submission: Submission
    annotator_id: str
    judged: Judged
    positions: Mapping[str, int | None]
    component_set_id: str
    replay_of: str | None = None


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """One label as stored; its response counts outputs in the order of `shown`, the ids as the annotator had them."""

    id: str
    assignment_id: str
    project_id: str
    task_id: str
    item_id: str
    annotator: str
    revision: int
    state: str
    source: str
    purpose: str
    shown: tuple[str, ...]
    response: Mapping[str, Any]
    reward_scalar: float | None
    rationale: str | None
    quality_score: float | None
    seconds: float | None
    signals_error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submit came to; `replayed` when it had been stored before."""

    feedback: FeedbackView
    replayed: bool
    late: bool


def prepare(session: Session, host: PluginHost, annotator_id: str, submission: Submission) -> Prepared:
    """The submission judged by the reward schemas of its assignment; raises Invalid, NotFound or Conflict."""
    key = submission.idempotency_key
    if key is not None and not 0 < len(key.encode()) <= MAX_KEY_BYTES:
        raise Invalid(
            "The Idempotency-Key does not fit.", {"Idempotency-Key": [f"1 to {MAX_KEY_BYTES} bytes."]}
        )
    opened = open_assignment(session, host, annotator_id, submission.assignment_id)
    view, components = opened.view, opened.components
    response = expand(components, submission.body)
    judged = judge(host, components, response, view.task, view.outputs)
    return Prepared(
        submission=submission,
        annotator_id=annotator_id,
        judged=judged,
        positions={output.id: output.position for output in view.outputs},
        component_set_id=host.component_set(),
        replay_of=_stored_under(session, annotator_id, submission, judged.body_hash),
    )


def record(session: Session, prepared: Prepared) -> Submitted:
    """The label stored: assignment, feedback, revision, signals and job in the caller's one transaction."""
    if prepared.replay_of is not None:
        return Submitted(own_view(session, prepared.replay_of), replayed=True, late=False)
    submission = prepared.submission
    completion = queue.complete(session, submission.assignment_id, prepared.annotator_id)
    if completion.outcome == "already":
        return _replay(session, prepared)
    if not completion.counts:
        raise _too_late(completion.assignment.state)
    feedback = store(session, prepared, completion.assignment)
    after_change(session, feedback.project_id)
    return Submitted(own_view(session, feedback.id), replayed=False, late=completion.outcome == "late")


def after_change(session: Session, project_id: str) -> None:
    """What follows when a label is new or changed: scores, plugins that listen, people who wait for the end."""
    jobs.enqueue(session, "score", project_id, project_id=project_id, delay_seconds=SCORE_DELAY_SECONDS)
    events.enqueue_if_heard(session, events.FEEDBACK_SUBMITTED, project_id)
    notifying.votes_changed(session, project_id)


def _too_late(state: str) -> Conflict:
    code, text = TOO_LATE.get(state, TOO_LATE["expired"])
    return Conflict(f"{text} Your answer is kept as a draft.", code=code)


def for_task(session: Session, viewer: Viewer, task_id: str) -> list[FeedbackView]:
    """The labels of a task: all of them for its researchers, their own for an annotator."""
    task = session.get(Task, task_id) if is_id(task_id) else None
    if task is None:
        raise NotFound("task", task_id)
    query = select(Feedback.id).where(Feedback.task_id == task_id).order_by(Feedback.id)
    if viewer.role == "annotator":
        own = session.scalars(query.where(Feedback.annotator_id == viewer.id)).all()
        member = session.get(ProjectMember, (task.project_id, viewer.id))
        if member is None or member.left_at is not None:
            raise NotFound("task", task_id)
        return own_views(session, own)
    get_visible(session, viewer, task.project_id)
    return views(session, session.scalars(query).all())


def view(session: Session, feedback_id: str) -> FeedbackView:
    """One label by its id."""
    return views(session, [feedback_id])[0]


def own_view(session: Session, feedback_id: str) -> FeedbackView:
    """One label as its annotator may see it."""
    return own_views(session, [feedback_id])[0]


def own_views(session: Session, ids: Sequence[str]) -> list[FeedbackView]:
    """Labels as their annotator may see them: nothing tells what others said, nor which ones test them."""
    return [
        replace(one, quality_score=None, purpose="vote" if one.purpose in TESTS else one.purpose)
        for one in views(session, ids)
    ]


def views(session: Session, ids: Sequence[str]) -> list[FeedbackView]:
    """The labels with these ids, oldest first, as researchers see them."""
    rows = session.execute(
        select(Feedback, FeedbackRevision, TaskAssignment, ProjectMember.pseudonym)
        .join(
            FeedbackRevision,
            (FeedbackRevision.feedback_id == Feedback.id) & (FeedbackRevision.number == Feedback.revision),
        )
        .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
        .outerjoin(
            ProjectMember,
            (ProjectMember.project_id == Feedback.project_id)
            & (ProjectMember.user_id == Feedback.annotator_id),
        )
        .where(Feedback.id.in_(list(ids)))
        .order_by(Feedback.id)
    )
    return [_view(feedback, revision, given, pseudonym) for feedback, revision, given, pseudonym in rows]


def _view(
    feedback: Feedback, revision: FeedbackRevision, given: TaskAssignment, pseudonym: str | None
) -> FeedbackView:
    milliseconds = feedback.active_ms if feedback.active_ms is not None else feedback.wall_ms
    return FeedbackView(
        id=feedback.id,
        assignment_id=feedback.assignment_id,
        project_id=feedback.project_id,
        task_id=feedback.task_id,
        item_id=feedback.item_id,
        annotator=pseudonym or "annotator-left",
        revision=feedback.revision,
        state=feedback.state,
        source=feedback.source,
        purpose=given.purpose,
        shown=tuple(given.shown or ()),
        response=revision.response,
        reward_scalar=feedback.reward_scalar,
        rationale=feedback.rationale,
        quality_score=feedback.quality_score,
        seconds=None if milliseconds is None else milliseconds / 1000,
        signals_error=revision.signals_error,
        created_at=feedback.created_at,
    )


def _stored_under(session: Session, annotator_id: str, submission: Submission, body_hash: str) -> str | None:
    """The feedback that this Idempotency-Key already made; Conflict when it was another answer."""
    if submission.idempotency_key is None:
        return None
    found = session.execute(
        select(FeedbackRevision.feedback_id, FeedbackRevision.body_hash, Feedback.assignment_id)
        .join(Feedback, Feedback.id == FeedbackRevision.feedback_id)
        .where(
            FeedbackRevision.annotator_id == annotator_id,
            FeedbackRevision.idempotency_key == submission.idempotency_key,
        )
    ).one_or_none()
    if found is None:
        return None
    if (found.body_hash, found.assignment_id) != (body_hash, submission.assignment_id):
        raise Conflict("This Idempotency-Key was used for another answer.", code="idempotency_key_reused")
    return str(found.feedback_id)


def _replay(session: Session, prepared: Prepared) -> Submitted:
    found = session.execute(
        select(Feedback.id, FeedbackRevision.body_hash)
        .join(
            FeedbackRevision,
            (FeedbackRevision.feedback_id == Feedback.id) & (FeedbackRevision.number == Feedback.revision),
        )
        .where(Feedback.assignment_id == prepared.submission.assignment_id)
    ).one()
    if found.body_hash != prepared.judged.body_hash:
        raise Conflict("This task was submitted already, with another answer.", code="already_submitted")
    return Submitted(own_view(session, found.id), replayed=True, late=False)


def store(session: Session, prepared: Prepared, assignment: queue.Claimed) -> Feedback:
    """The label of a held assignment with one revision more, its signals, and no draft any longer."""
    judged, submission = prepared.judged, prepared.submission
    feedback = session.scalar(select(Feedback).where(Feedback.assignment_id == assignment.id))
    if feedback is None:
        feedback = Feedback(
            assignment_id=assignment.id,
            project_id=assignment.project_id,
            task_id=assignment.task_id,
            item_id=assignment.item_id,
            annotator_id=assignment.annotator_id,
            revision=0,
        )
        session.add(feedback)
    feedback.revision += 1
    feedback.state = "standing"
    feedback.source = submission.source
    feedback.component_set_id = prepared.component_set_id
    feedback.reward_scalar = judged.reward_scalar
    feedback.rationale = judged.rationale
    feedback.quality_score = None
    feedback.active_ms = None if submission.seconds is None else round(submission.seconds * 1000)
    feedback.wall_ms = _wall_ms(assignment)
    session.flush()
    session.add(_revision(feedback, prepared))
    session.flush()
    rows = signal_rows(feedback.id, feedback.revision, assignment.item_id, judged, prepared.positions)
    if rows:
        session.execute(insert(SignalRow), rows)
    session.execute(delete(Draft).where(Draft.assignment_id == assignment.id))
    return feedback


def _revision(feedback: Feedback, prepared: Prepared) -> FeedbackRevision:
    judged = prepared.judged
    return FeedbackRevision(
        feedback_id=feedback.id,
        number=feedback.revision,
        annotator_id=feedback.annotator_id,
        response=dict(judged.response),
        body_hash=judged.body_hash,
        idempotency_key=prepared.submission.idempotency_key,
        signals_error=judged.signals_error,
        announced=not events.is_heard(events.FEEDBACK_SUBMITTED),
    )


def signal_rows(
    feedback_id: str, revision: int, item_id: str, judged: Judged, positions: Mapping[str, int | None]
) -> list[dict[str, Any]]:
    """The signals of a response as rows, with where each output was shown."""
    return [
        {
            "feedback_id": feedback_id,
            "revision": revision,
            "n": n,
            "item_id": item_id,
            "schema": named.schema,
            "dimension": named.signal.dimension,
            "kind": named.signal.kind,
            "output_id": named.signal.output,
            "other_output_id": named.signal.other_output,
            "position": positions.get(named.signal.output or ""),
            "other_position": positions.get(named.signal.other_output or ""),
            "label": named.signal.label,
            "value": named.signal.value,
            "turn": named.signal.turn,
            "index": named.signal.index,
            "start": named.signal.start,
            "end": named.signal.end,
            "severity": named.signal.severity,
            "text": named.signal.text,
        }
        for n, named in enumerate(judged.signals)
    ]


def _wall_ms(assignment: queue.Claimed) -> int | None:
    if assignment.completed_at is None:
        return None
    return max(0, round((assignment.completed_at - assignment.assigned_at).total_seconds() * 1000))
