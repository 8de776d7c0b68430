"""The votes on a batch of items: who gave them, what they answered, what was measured in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Literal, NamedTuple

import pyarrow as pa
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from rlflow_core.models import (
    Feedback,
    FeedbackRevision,
    ProjectMember,
    SignalRow,
    TaskAssignment,
    TaskVersion,
    User,
)
from rlflow_core.plugin_api import SIGNAL_COLUMNS, Signal, Vote
from rlflow_core.services import tables
from rlflow_core.services.exports.item_rows import rows_of
from rlflow_core.services.exports.json_sql import is_any
from rlflow_core.services.exports.selection import ItemRow, dialect_of


class VoteRow(NamedTuple):
    """One standing label without its answer; `annotator` is a pseudonym."""

    feedback: str
    revision: int
    item: str
    task: str
    task_version: int
    annotator: str
    kind: Literal["human", "model", "imported"]
    by: str
    source: Literal["ui", "api", "import"]
    seconds: float | None
    created_at: datetime


SIGNAL_FIELDS = [field.name for field in fields(Signal)]

Votes = Mapping[str, VoteRow]
"""Votes by the id of their feedback, in the order of submission."""

STORED: Mapping[str, InstrumentedAttribute[Any]] = {
    "feedback": SignalRow.feedback_id,
    "revision": SignalRow.revision,
    "item": SignalRow.item_id,
    "turn": SignalRow.turn,
    "output": SignalRow.output_id,
    "other_output": SignalRow.other_output_id,
    "schema": SignalRow.schema,
    "dimension": SignalRow.dimension,
    "kind": SignalRow.kind,
    "label": SignalRow.label,
    "value": SignalRow.value,
    "index": SignalRow.index,
    "start": SignalRow.start,
    "end": SignalRow.end,
    "severity": SignalRow.severity,
    "text": SignalRow.text,
    "position": SignalRow.position,
    "other_position": SignalRow.other_position,
}
OF_VOTE = ("task", "task_version", "annotator", "by", "seconds", "created_at")


def votes_of(
    session: Session, items: Sequence[ItemRow], conditions: Collection[ColumnElement[bool]]
) -> Votes:
    """The labels on the items that meet `conditions` on Feedback and its TaskAssignment."""
    statement = (
        select(
            Feedback.id, Feedback.revision, Feedback.item_id, Feedback.task_id, TaskVersion.number,
            tables.ANNOTATOR, User.kind, tables.BY, Feedback.source, tables.SECONDS, Feedback.created_at,
        )
        .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
        .join(TaskVersion, TaskVersion.id == TaskAssignment.task_version_id)
        .join(User, User.id == Feedback.annotator_id)
        .outerjoin(
            ProjectMember,
            (ProjectMember.user_id == Feedback.annotator_id)
            & (ProjectMember.project_id == Feedback.project_id),
        )
        .where(is_any(dialect_of(session), Feedback.item_id, [item.id for item in items]), *conditions)
        .order_by(Feedback.id)
    )  # fmt: skip
    return {row[0]: VoteRow(*row) for row in rows_of(session, statement)}


def signals_of(session: Session, items: Sequence[ItemRow], votes: Votes) -> pa.Table:
    """The signals of the votes on the items (SIGNAL_COLUMNS), in the order of submission."""
    statement = (
        select(*STORED.values())
        .where(is_any(dialect_of(session), SignalRow.item_id, [item.id for item in items]))
        .order_by(SignalRow.feedback_id, SignalRow.n)
    )
    rows = [row for row in rows_of(session, statement) if _is_of(votes.get(row[0]), row[1])]
    given = [votes[row[0]] for row in rows]
    columns: dict[str, Sequence[Any]] = dict.fromkeys(STORED, ())
    columns.update(zip(STORED, zip(*rows, strict=True), strict=False))
    columns.update((name, [getattr(vote, name) for vote in given]) for name in OF_VOTE)
    columns["seconds"] = [_seconds(vote) for vote in given]
    columns["purpose"] = ["vote"] * len(given)
    return pa.Table.from_pydict(columns, schema=SIGNAL_COLUMNS)


def answers_of(session: Session, votes: Votes, signals: pa.Table) -> dict[str, list[Vote]]:
    """The votes with their answers and `signals` (SIGNAL_COLUMNS) by item id, in the order of submission."""
    statement = (
        select(
            FeedbackRevision.feedback_id, FeedbackRevision.response,
            Feedback.reward_scalar, Feedback.rationale, Feedback.quality_score,
        )
        .join(
            Feedback,
            (Feedback.id == FeedbackRevision.feedback_id) & (Feedback.revision == FeedbackRevision.number),
        )
        .where(is_any(dialect_of(session), FeedbackRevision.feedback_id, votes.keys()))
    )  # fmt: skip
    answers = {row[0]: row[1:] for row in rows_of(session, statement)}
    measured = _measured(signals)
    found: dict[str, list[Vote]] = {}
    for vote in votes.values():
        response, reward, rationale, quality = answers[vote.feedback]
        found.setdefault(vote.item, []).append(
            Vote(
                feedback=vote.feedback,
                revision=vote.revision,
                annotator=vote.annotator,
                by=vote.kind,
                source=vote.source,
                response=response,
                seconds=_seconds(vote),
                created_at=vote.created_at,
                reward_scalar=reward,
                rationale=rationale,
                quality_score=quality,
                signals=measured.get(vote.feedback, {}),
            )
        )
    return found


def _measured(signals: pa.Table) -> dict[str, dict[str, tuple[Signal, ...]]]:
    found: dict[str, dict[str, tuple[Signal, ...]]] = defaultdict(dict)
    columns = [signals[name].to_pylist() for name in ("feedback", "schema", *SIGNAL_FIELDS)]
    for feedback, schema, *values in zip(*columns, strict=True):
        signal = Signal(*values)
        found[feedback][schema] = (*found[feedback].get(schema, ()), signal)
    return found


def _is_of(vote: VoteRow | None, revision: int) -> bool:
    return vote is not None and vote.revision == revision


def _seconds(vote: VoteRow) -> float | None:
    return None if vote.seconds is None else float(vote.seconds)
