"""Labels for tests: votes with their signals, as a submit would have stored them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import (
    AgentOutput,
    Feedback,
    FeedbackRevision,
    ProjectMember,
    ProjectRevision,
    SignalRow,
    TaskAssignment,
    TaskItem,
    User,
    new_id,
)
from rlflow_core.plugin_api import Signal

MADE_AT = datetime(2025, 1, 1, tzinfo=UTC)


def make_vote(
    session: Session,
    item: TaskItem,
    annotator: User | ProjectMember | str,
    signals: Mapping[str, Sequence[Signal]],
    response: Mapping[str, Any] | None = None,
    *,
    purpose: str = "vote",
    state: str = "standing",
    created_at: datetime = MADE_AT,
    seconds: float | None = 3.0,
) -> Feedback:
    """A completed assignment of `item` with its feedback and the `signals` of each reward schema by name."""
    annotator_id = annotator if isinstance(annotator, str) else _id_of(annotator)
    assignment = TaskAssignment(
        item_id=item.id,
        task_id=item.task_id,
        project_id=item.project_id,
        annotator_id=annotator_id,
        purpose=purpose,
        pass_no=1 if purpose == "repeat" else 0,
        state="completed" if state == "standing" else "withdrawn",
        task_version_id=item.task_version_id,
        project_revision_id=session.scalars(
            select(ProjectRevision.id).where(ProjectRevision.project_id == item.project_id)
        ).first(),
        completed_at=created_at,
    )
    session.add(assignment)
    session.flush()
    feedback = Feedback(
        id=new_id(),
        assignment_id=assignment.id,
        project_id=item.project_id,
        task_id=item.task_id,
        item_id=item.id,
        annotator_id=annotator_id,
        state=state,
        source="api",
        active_ms=None if seconds is None else int(seconds * 1000),
        created_at=created_at,
    )
    session.add(feedback)
    session.flush()
    session.add(
        FeedbackRevision(
            feedback_id=feedback.id,
            number=1,
            annotator_id=annotator_id,
            response=dict(response or {}),
            body_hash="0" * 64,
        )
    )
    session.flush()
    _add_signals(session, feedback, signals)
    return feedback


def _add_signals(session: Session, feedback: Feedback, signals: Mapping[str, Sequence[Signal]]) -> None:
    named = [(schema, signal) for schema, given in signals.items() for signal in given]
    session.add_all(
        SignalRow(
            feedback_id=feedback.id,
            revision=1,
            n=n,
            item_id=feedback.item_id,
            schema=schema,
            **_columns(signal),
        )
        for n, (schema, signal) in enumerate(named)
    )
    session.flush()


def outputs_of(session: Session, item: TaskItem) -> list[AgentOutput]:
    """The outputs of the item's task, in their fixed order."""
    query = select(AgentOutput).where(AgentOutput.task_id == item.task_id).order_by(AgentOutput.index)
    return list(session.scalars(query))


def prefer(
    session: Session,
    item: TaskItem,
    annotator: User | ProjectMember | str,
    label: str,
    strength: float = 1,
    **values: Any,
) -> Feedback:
    """A vote on which of the item's first two outputs is better: first, second, tie or both_bad."""
    first, second = outputs_of(session, item)[:2]
    signed = {"first": strength, "second": -strength}.get(label, 0.0)
    signal = Signal("choice", "preference", first.id, second.id, label, float(signed))
    values.setdefault("response", {"preference": {"choice": label, "strength": strength}})
    return make_vote(session, item, annotator, {"preference": [signal]}, **values)


def rank(
    session: Session, item: TaskItem, annotator: User | ProjectMember | str, *places: float, **values: Any
) -> Feedback:
    """A vote that gives the item's outputs these ranks; equal ones are ties."""
    outputs = outputs_of(session, item)
    signals = [
        Signal("rank", "rank", output.id, value=float(place))
        for output, place in zip(outputs, places, strict=False)
    ]
    return make_vote(session, item, annotator, {"ranking": signals}, **values)


def _id_of(annotator: User | ProjectMember) -> str:
    return annotator.user_id if isinstance(annotator, ProjectMember) else annotator.id


def _columns(signal: Signal) -> dict[str, Any]:
    columns = asdict(signal)
    columns["output_id"] = columns.pop("output")
    columns["other_output_id"] = columns.pop("other_output")
    return columns
