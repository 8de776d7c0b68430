"""Reading tasks: one, a page of them, their versions and outputs; only of projects that the reader may manage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput, Project, Task, TaskItem, TaskVersion, is_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services.errors import NotFound
from rlflow_core.services.projects import visible_to


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """A task at its newest version; `outputs` counts those that are not stale."""

    id: str
    seq: int
    project_id: str
    type: str
    prompt: str
    status: str
    priority: int
    metadata: Mapping[str, Any]
    tags: tuple[str, ...]
    key: str | None
    version: int
    content: Mapping[str, Any]
    outputs: int
    creator_id: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """One version of a task."""

    number: int
    content: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OutputDetail:
    """One output as its researchers see it; `stale` when the task asks something else by now."""

    id: str
    index: int
    task_version: int
    output: str
    model_id: str | None
    provider: str | None
    parameters: Mapping[str, Any]
    seed: int | None
    finish_reason: str | None
    latency_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    segments: Sequence[Mapping[str, Any]]
    metadata: Mapping[str, Any]
    stale: bool
    error: str | None
    generated_at: datetime


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks to list: of a project, with a status, type or tag, with a text in the prompt; None: any.

    `outputs` "missing" leaves those that have too few outputs to be judged.
    """

    project: str | None = None
    status: str | None = None
    type: str | None = None
    tag: str | None = None
    text: str | None = None
    outputs: Literal["missing"] | None = None


def get_row(session: Session, viewer: Viewer, task_id: str) -> Task:
    """The task's row, if `viewer` may manage its project; NotFound else."""
    task = session.scalar(_visible(viewer).where(Task.id == task_id)) if is_id(task_id) else None
    if task is None:
        raise NotFound("task", task_id)
    return task


def get(session: Session, viewer: Viewer, task_id: str) -> TaskDetail:
    """The task, if `viewer` may manage its project; NotFound else."""
    return _details(session, [get_row(session, viewer, task_id)])[0]


def page(
    session: Session, viewer: Viewer, wanted: TaskFilter, limit: int, after: str | None = None
) -> list[TaskDetail]:
    """At most `limit` tasks, newest first, that come after the task with id `after` in that order."""
    query = _visible(viewer).where(*_conditions(session, wanted))
    if after is not None:
        query = query.where(Task.id < after)
    return _details(session, session.scalars(query.order_by(Task.id.desc()).limit(limit)).all())


def versions(session: Session, viewer: Viewer, task_id: str) -> list[VersionDetail]:
    """All versions of a task, newest first."""
    task = get_row(session, viewer, task_id)
    rows = session.scalars(
        select(TaskVersion).where(TaskVersion.task_id == task.id).order_by(TaskVersion.number.desc())
    )
    return [
        VersionDetail(row.number, row.content, row.messages, row.created_by, row.created_at) for row in rows
    ]


def version_of(session: Session, task: Task) -> TaskVersion:
    """The newest version of a task."""
    return session.scalars(select(TaskVersion).filter_by(task_id=task.id, number=task.version)).one()


def outputs(session: Session, viewer: Viewer, task_id: str) -> list[OutputDetail]:
    """All outputs of a task in their order, the stale and failed ones too."""
    task = get_row(session, viewer, task_id)
    rows = session.scalars(
        select(AgentOutput).where(AgentOutput.task_id == task.id).order_by(AgentOutput.index)
    )
    return [_output(row) for row in rows]


def output(session: Session, viewer: Viewer, task_id: str, output_id: str) -> OutputDetail:
    """One output of a task."""
    task = get_row(session, viewer, task_id)
    row = session.scalar(select(AgentOutput).filter_by(task_id=task.id, id=output_id))
    if row is None:
        raise NotFound("output", output_id)
    return _output(row)


def _visible(viewer: Viewer) -> Select[Task]:
    if viewer.role == "admin":
        return select(Task)
    return select(Task).where(Task.project_id.in_(visible_to(viewer).with_only_columns(Project.id)))


def _conditions(session: Session, wanted: TaskFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.project is not None:
        yield Task.project_id == wanted.project
    if wanted.status is not None:
        yield Task.status == wanted.status
    if wanted.type is not None:
        yield Task.type == wanted.type
    if wanted.tag is not None:
        yield _has_tag(session, wanted.tag)
    if wanted.text:
        yield Task.prompt.icontains(wanted.text, autoescape=True)
    if wanted.outputs == "missing":
        # Items come with the outputs that they compare: without any there is nothing to judge.
        yield ~select(TaskItem.id).where(TaskItem.task_id == Task.id, TaskItem.wanted > 0).exists()


def _has_tag(session: Session, tag: str) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        return type_coerce(Task.tags, JSONB).contains([tag])
    each = func.json_each(Task.tags).table_valued("value")
    return select(literal_column("1")).select_from(each).where(each.c.value == tag).exists()


def _details(session: Session, tasks: Sequence[Task]) -> list[TaskDetail]:
    ids = [task.id for task in tasks]
    contents: dict[str, dict[str, Any]] = dict(
        session.execute(
            select(TaskVersion.task_id, TaskVersion.content)
            .join(Task, (Task.id == TaskVersion.task_id) & (Task.version == TaskVersion.number))
            .where(Task.id.in_(ids))
        ).all()
    )
    counts: dict[str, int] = dict(
        session.execute(
            select(AgentOutput.task_id, func.count())
            .where(AgentOutput.task_id.in_(ids), AgentOutput.stale.is_(False), AgentOutput.error.is_(None))
            .group_by(AgentOutput.task_id)
        ).all()
    )
    return [_detail(task, contents[task.id], counts.get(task.id, 0)) for task in tasks]


def _detail(task: Task, content: Mapping[str, Any], count: int) -> TaskDetail:
    return TaskDetail(
        id=task.id,
        seq=task.seq,
        project_id=task.project_id,
        type=task.type,
        prompt=task.prompt,
        status=task.status,
        priority=task.priority,
        metadata=task.meta,
        tags=tuple(task.tags),
        key=task.key,
        version=task.version,
        content=content,
        outputs=count,
        creator_id=task.creator_id,
        created_at=task.created_at,
        updated_at=task.updated_at,
    )


def _output(row: AgentOutput) -> OutputDetail:
    names = OutputDetail.__dataclass_fields__.keys() - {"metadata"}
    return OutputDetail(metadata=row.meta, **{name: getattr(row, name) for name in names})
