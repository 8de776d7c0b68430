"""What the database knows about a batch of items; one query for each kind of thing, none for each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput, Task, TaskItem, TaskVersion
from rlflow_core.plugin_api import Message, OutputView, Segment, TaskView
from rlflow_core.services.exports.json_sql import is_any
from rlflow_core.services.exports.selection import ItemRow, dialect_of

Outputs = tuple[OutputView, ...]


def rows_of(session: Session, statement: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of a statement of columns, past what sessions do for objects."""
    return session.connection().execute(statement).all()


def tasks_of(session: Session, items: Sequence[ItemRow]) -> dict[str, TaskView]:
    """The tasks by item id, each at the version that the item is about."""
    statement = (
        select(
            TaskItem.id, Task.id, Task.key, Task.tags, Task.meta, TaskVersion.number,
            TaskVersion.content, TaskVersion.messages,
        )
        .join(Task, Task.id == TaskItem.task_id)
        .join(TaskVersion, TaskVersion.id == TaskItem.task_version_id)
        .where(is_any(dialect_of(session), TaskItem.id, [item.id for item in items]))
    )  # fmt: skip
    return {
        item: TaskView(
            id=task,
            version=number,
            content=content,
            messages=tuple(Message(message["role"], message["content"]) for message in messages),
            tags=tuple(tags),
            metadata=metadata,
            key=key,
        )
        for item, task, key, tags, metadata, number, content, messages in rows_of(session, statement)
    }


def outputs_of(session: Session, items: Sequence[ItemRow], named: set[str]) -> dict[str, Outputs]:
    """The outputs by item id, in their fixed order.

    One that has become stale still belongs to an item without a list of its own, if `named`: votes are about it.
    """
    tasks = {item.task_id for item in items}
    statement = (
        select(
            AgentOutput.task_id, AgentOutput.id, AgentOutput.output, AgentOutput.segments,
            AgentOutput.model_id, AgentOutput.meta, AgentOutput.stale,
        )
        .where(is_any(dialect_of(session), AgentOutput.task_id, tasks), AgentOutput.error.is_(None))
        .order_by(AgentOutput.task_id, AgentOutput.index)
    )  # fmt: skip
    of_task: dict[str, dict[str, _OutputRow]] = defaultdict(dict)
    for row in rows_of(session, statement):
        of_task[row[0]][row[1]] = row
    return {item.id: _views(_shown(item, of_task[item.task_id], named)) for item in items}


_OutputRow = Row[*tuple[Any, ...]]


def _shown(item: ItemRow, outputs: Mapping[str, _OutputRow], named: set[str]) -> Iterator[_OutputRow]:
    if item.outputs is not None:
        return (outputs[output] for output in item.outputs if output in outputs)
    return (row for output, row in outputs.items() if not row[6] or output in named)


def _views(rows: Iterator[_OutputRow]) -> Outputs:
    return tuple(
        OutputView(
            id=output,
            text=text,
            index=index,
            segments=tuple(Segment(**segment) for segment in segments),
            model_id=model,
            metadata=metadata,
        )
        for index, (_, output, text, segments, model, metadata, _) in enumerate(rows)
    )
