"""The Arrow tables that components get: signals, feedback, outputs and tasks of a project, streamed from its rows.

Annotators appear under the pseudonym that they have in the project; only standing labels are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import (
    AgentOutput,
    Feedback,
    ProjectMember,
    SignalRow,
    Task,
    TaskAssignment,
    TaskVersion,
    User,
)
from rlflow_core.plugin_api import FEEDBACK_COLUMNS, OUTPUT_COLUMNS, SIGNAL_COLUMNS, TASK_COLUMNS

TableName = Literal["signals", "feedback", "outputs", "tasks"]
BATCH_ROWS = 10_000

SECONDS = func.coalesce(Feedback.active_ms, Feedback.wall_ms) / 1000.0
ANNOTATOR = func.coalesce(ProjectMember.pseudonym, "annotator-left")
# A model that judges is told apart from people; imported votes were given by people elsewhere.
BY = func.replace(User.kind, "imported", "human")


def signals(project_id: str) -> Select[*tuple[Any, ...]]:
    """The signals of the newest revision of every standing label, in the order of submission."""
    return (
        select(
            SignalRow.feedback_id.label("feedback"),
            SignalRow.revision,
            SignalRow.item_id.label("item"),
            Feedback.task_id.label("task"),
            TaskVersion.number.label("task_version"),
            SignalRow.turn,
            SignalRow.output_id.label("output"),
            SignalRow.other_output_id.label("other_output"),
            ANNOTATOR.label("annotator"),
            BY.label("by"),
            TaskAssignment.purpose,
            SignalRow.schema,
            SignalRow.dimension,
            SignalRow.kind,
            SignalRow.label,
            SignalRow.value,
            SignalRow.index,
            SignalRow.start,
            SignalRow.end,
            SignalRow.severity,
            SignalRow.text,
            SignalRow.position,
            SignalRow.other_position,
            SECONDS.label("seconds"),
            Feedback.created_at,
        )
        .join(Feedback, (Feedback.id == SignalRow.feedback_id) & (Feedback.revision == SignalRow.revision))
        .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
        .join(TaskVersion, TaskVersion.id == TaskAssignment.task_version_id)
        .join(User, User.id == Feedback.annotator_id)
        .outerjoin(ProjectMember, _membership())
        .where(Feedback.project_id == project_id, Feedback.state == "standing")
        .order_by(SignalRow.feedback_id, SignalRow.n)
    )


def feedback(project_id: str) -> Select[*tuple[Any, ...]]:
    """Every standing label, in the order of submission."""
    return (
        select(
            Feedback.id.label("feedback"),
            Feedback.revision,
            Feedback.item_id.label("item"),
            Feedback.task_id.label("task"),
            ANNOTATOR.label("annotator"),
            BY.label("by"),
            TaskAssignment.purpose,
            Feedback.source,
            Feedback.reward_scalar,
            Feedback.rationale,
            SECONDS.label("seconds"),
            Feedback.created_at,
        )
        .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
        .join(User, User.id == Feedback.annotator_id)
        .outerjoin(ProjectMember, _membership())
        .where(Feedback.project_id == project_id, Feedback.state == "standing")
        .order_by(Feedback.id)
    )


def outputs(project_id: str) -> Select[*tuple[Any, ...]]:
    """Every usable output of the project's tasks."""
    return (
        select(
            AgentOutput.id.label("output"),
            AgentOutput.task_id.label("task"),
            AgentOutput.task_version,
            AgentOutput.model_id.label("model"),
            AgentOutput.output.label("text"),
            AgentOutput.generated_at.label("created_at"),
        )
        .join(Task, Task.id == AgentOutput.task_id)
        .where(Task.project_id == project_id, AgentOutput.error.is_(None))
        .order_by(Task.seq, AgentOutput.index)
    )


def tasks(project_id: str) -> Select[*tuple[Any, ...]]:
    """Every task of the project."""
    return (
        select(Task.id.label("task"), Task.version, Task.prompt, Task.tags, Task.created_at)
        .where(Task.project_id == project_id)
        .order_by(Task.seq)
    )


TABLES: dict[TableName, tuple[pa.Schema, Callable[[str], Select[*tuple[Any, ...]]]]] = {
    "signals": (SIGNAL_COLUMNS, signals),
    "feedback": (FEEDBACK_COLUMNS, feedback),
    "outputs": (OUTPUT_COLUMNS, outputs),
    "tasks": (TASK_COLUMNS, tasks),
}


def batches(
    session: Session, name: TableName, project_id: str, *where: ColumnElement[bool]
) -> Iterator[pa.RecordBatch]:
    """The rows of a table of the project as record batches, narrowed by `where`; memory holds one batch."""
    schema, query = TABLES[name]
    statement = query(project_id).where(*where).execution_options(yield_per=BATCH_ROWS)
    for rows in session.execute(statement).partitions():
        yield record_batch(schema, rows)


def read(session: Session, name: TableName, project_id: str, *where: ColumnElement[bool]) -> pa.Table:
    """A whole table of the project."""
    schema, _ = TABLES[name]
    return pa.Table.from_batches(batches(session, name, project_id, *where), schema=schema)


def record_batch(schema: pa.Schema, rows: Sequence[Any]) -> pa.RecordBatch:
    """Rows whose columns come in the order of `schema`, as one batch."""
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _membership() -> ColumnElement[bool]:
    return (ProjectMember.project_id == Feedback.project_id) & (
        ProjectMember.user_id == Feedback.annotator_id
    )
