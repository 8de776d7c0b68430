"""The tables of scorers, narrowed to what an export selects and streamed item batch by item batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import pyarrow as pa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from rlflow_core.models import AgentOutput, Feedback, SignalRow, Task
from rlflow_core.services import tables
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.selection import ItemRow, Selection

Conditions = list[ColumnElement[bool]]

OF_ITEMS: Mapping[str, InstrumentedAttribute[str]] = {
    "signals": SignalRow.item_id,
    "feedback": Feedback.item_id,
}
OF_TASKS: Mapping[str, InstrumentedAttribute[str]] = {
    "outputs": AgentOutput.task_id,
    "tasks": Task.id,
}
"""The columns by which the tables are narrowed to items, and to the tasks that several items may share."""


def table_reader(
    session: Session, selection: Selection, name: str, limit: int | None = None
) -> pa.RecordBatchReader:
    """The rows of table `name` that belong to the selection, each once; ExportFailed where there is no such table."""
    if name not in OF_ITEMS and name not in OF_TASKS:
        raise ExportFailed(f"table() takes {', '.join((*OF_ITEMS, *OF_TASKS))}, not {str(name)[:80]!r}.")
    schema, query = tables.TABLES[cast(tables.TableName, name)]
    statement = query(selection.project_id)
    conditions = _of_items if name in OF_ITEMS else _of_tasks

    def batches() -> Iterator[pa.RecordBatch]:
        for where in conditions(selection, name, selection.batches(session, limit)):
            yield tables.record_batch(schema, session.execute(statement.where(*where)).all())

    return pa.RecordBatchReader.from_batches(schema, batches())


def _of_items(selection: Selection, name: str, batches: Iterable[list[ItemRow]]) -> Iterator[Conditions]:
    for items in batches:
        yield [OF_ITEMS[name].in_([item.id for item in items]), *selection.votes()]


def _of_tasks(_: Selection, name: str, batches: Iterable[list[ItemRow]]) -> Iterator[Conditions]:
    last = ""
    for items in batches:
        # Items come in the order of their tasks: only the last task of a batch can go on in the next.
        yield [OF_TASKS[name].in_({item.task_id for item in items} - {last})]
        last = items[-1].task_id
