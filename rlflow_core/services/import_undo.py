"""Taking an import back: what nobody here has worked on is removed, the rest stays and is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Table,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput, Base, Feedback, Task, TaskAssignment, TaskItem
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services import audit, imports, jobs, tasks
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import Conflict

RUNNING = ("queued", "running")
MAX_NAMED = 100
AT_ONCE = 1_000

JUDGED = "somebody here has judged it"
TAKEN = "somebody has taken it, or has looked at it and left it"
CHANGED = "it was changed here"
GREW = "it has got outputs since"


@dataclass(frozen=True, slots=True)
class KeptTask:
    """A task that stays, and why."""

    task: str
    key: str | None
    prompt: str
    reason: str


@dataclass(frozen=True, slots=True)
class Undone:
    """How many tasks were removed and how many stay; the first of those with their reasons."""

    removed: int
    kept: int
    tasks: tuple[KeptTask, ...]


def undo(session: Session, viewer: Viewer, import_id: str) -> Undone:
    """Remove the tasks of the import with their outputs and imported votes; Conflict while it runs.

    Doing it again removes what has become free since.
    """
    found = imports.get(session, viewer, import_id)
    if found.state in RUNNING:
        raise Conflict("The import is still running. Wait until it has ended, or stop it.", code="running")
    project = tasks.hold_project(session, found.project_id)
    _hold_items(session, found.id)
    reason = _reason()
    free = select(Task.id).where(Task.import_id == found.id, reason.is_(None))
    removed = _remove(session, list(session.scalars(free)))
    kept = session.scalar(select(func.count()).select_from(Task).where(Task.import_id == found.id)) or 0
    named = session.execute(
        select(Task.id, Task.key, Task.prompt, reason)
        .where(Task.import_id == found.id)
        .order_by(Task.seq)
        .limit(MAX_NAMED)
    )
    if removed:
        audit.record(session, Action.IMPORT_UNDONE, ("import", import_id), project=project.id, tasks=removed)
        jobs.enqueue(session, "score", project.id, project_id=project.id)
    return Undone(removed, kept, tuple(KeptTask(*row) for row in named))


def _hold_items(session: Session, import_id: str) -> None:
    """Nobody takes one of the items until this transaction ends; in the order in which all hold several."""
    session.execute(
        select(TaskItem.id)
        .join(Task, Task.id == TaskItem.task_id)
        .where(Task.import_id == import_id)
        .order_by(TaskItem.id)
        .with_for_update(of=TaskItem)
    ).all()


def _reason() -> Any:
    """Why a task stays, or null."""
    own = select(literal(1)).where(TaskAssignment.task_id == Task.id)
    is_imported = exists().where(Feedback.assignment_id == TaskAssignment.id, Feedback.source == "import")
    is_judged = exists().where(Feedback.task_id == Task.id, Feedback.source != "import")
    is_taken = own.where(~is_imported).exists()
    grew = exists().where(
        AgentOutput.task_id == Task.id,
        or_(AgentOutput.generated_at > Task.created_at, AgentOutput.error.is_not(None)),
    )
    return case(
        (is_judged, JUDGED),
        (is_taken, TAKEN),
        (Task.version > 1, CHANGED),
        (Task.updated_at > Task.created_at, CHANGED),
        (grew, GREW),
        else_=None,
    )


def _remove(session: Session, ids: list[str]) -> int:
    """Delete these tasks with everything that belongs to them, whichever table a later version adds."""
    for start in range(0, len(ids), AT_ONCE):
        for statement in _deletes(ids[start : start + AT_ONCE]):
            session.execute(statement.execution_options(synchronize_session=False))
    return len(ids)


def _deletes(ids: list[str]) -> Iterator[Delete]:
    """A statement for each table that refers to tasks, however far away, those that refer first."""
    tables = Base.metadata.sorted_tables
    root = Base.metadata.tables[Task.__tablename__]
    doomed: dict[Table, ColumnElement[bool]] = {root: root.c.id.in_(ids)}
    waiting = [root]
    while waiting:
        parent = waiting.pop(0)
        for table in tables:
            if table not in doomed and (reference := _reference(table, parent)) is not None:
                column, target = reference
                doomed[table] = column.in_(select(target).where(doomed[parent]))
                waiting.append(table)
    return (delete(table).where(doomed[table]) for table in reversed(tables) if table in doomed)


def _reference(table: Table, parent: Table) -> tuple[Column[Any], Column[Any]] | None:
    """The column by which every row of `table` belongs to a row of `parent`, and the one it names."""
    for key in table.foreign_keys:
        if key.column.table is parent and len(parent.primary_key) == 1 and not key.parent.nullable:
            return key.parent, key.column
    return None
