"""Changing tasks: new versions, and outputs that come later; components are asked before the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput, Project, ProjectRevision, Task, TaskVersion, db_now, table_of
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.errors import Conflict
from rlflow_core.services.pairing import OutputLimits, limits_of
from rlflow_core.services.project_settings import components_of
from rlflow_core.services.projects import current_revision
from rlflow_core.services.task_content import (
    PreparedContent,
    PreparedOutput,
    prepare_content,
    prepare_outputs,
)
from rlflow_core.services.task_drafts import OutputDraft, TaskDraft
from rlflow_core.services.task_items import Renewal, move_items, renew_items
from rlflow_core.services.task_lists import TaskDetail, get, get_row, version_of
from rlflow_core.services.task_rows import output_rows, version_row
from rlflow_core.services.tasks import enqueue_ranking


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What a new version of a task changes; None leaves as it is, `content` replaces the fields it names."""

    content: Mapping[str, Any] | None = None
    tags: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] | None = None
    priority: int | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedChange:
    """A new version of a task, or further outputs of it, ready for SQL only."""

    task_id: str
    base_version: int
    revision: ProjectRevision
    limits: tuple[OutputLimits, ...]
    content: PreparedContent
    draft: TaskDraft
    outputs: tuple[PreparedOutput, ...] = ()


def prepare_version(
    session: Session, host: PluginHost, viewer: Viewer, task_id: str, change: TaskChange, seen: int
) -> PreparedChange:
    """The task with `change` made to version `seen`, checked; Conflict ("stale") when it is another by now."""
    task = get_row(session, viewer, task_id)
    _check_version(task, seen)
    stored = version_of(session, task)
    draft = TaskDraft(
        content={**stored.content, **(change.content or {})},
        tags=tuple(task.tags) if change.tags is None else change.tags,
        metadata=task.meta if change.metadata is None else change.metadata,
        priority=task.priority if change.priority is None else change.priority,
        status=change.status or task.status,
        key=task.key,
    )
    return _prepared(session, host, task, draft, seen + 1)


def prepare_more_outputs(
    session: Session, host: PluginHost, viewer: Viewer, task_id: str, outputs: Sequence[OutputDraft]
) -> PreparedChange:
    """Further outputs of the newest version of a task, checked."""
    task = get_row(session, viewer, task_id)
    stored = version_of(session, task)
    draft = TaskDraft(
        content=stored.content,
        outputs=tuple(outputs),
        tags=tuple(task.tags),
        metadata=task.meta,
        status=task.status,
    )
    return _prepared(session, host, task, draft, task.version)


def store_version(session: Session, viewer: Viewer, change: PreparedChange) -> TaskDetail:
    """The task at its new version.

    Outputs stay when the messages to the models are the same, and items then show the new version; else outputs
    become stale and no more judgements of them are wanted.
    """
    task = _held(session, viewer, change)
    now = session.scalars(select(db_now())).one()
    before = version_of(session, task).messages_hash
    row = version_row(task.id, task.version + 1, change.content, viewer.id, now)
    session.execute(insert(TaskVersion), [row])
    _update(task, change.draft, change.content.prompt, now)
    session.flush()
    renewal = _renewal(change, str(row["id"]), now)
    if before == change.content.messages_hash:
        move_items(session, task, renewal)
    else:
        _mark_stale(session, task.id)
        renew_items(session, task, renewal)
    enqueue_ranking(session, task.project_id)
    return get(session, viewer, task.id)


def add_outputs(session: Session, viewer: Viewer, change: PreparedChange) -> list[str]:
    """The ids of the outputs, stored after those there are; the comparisons that they make possible open."""
    task = _held(session, viewer, change)
    now = session.scalars(select(db_now())).one()
    highest = session.scalar(select(func.max(AgentOutput.index)).where(AgentOutput.task_id == task.id))
    first = 0 if highest is None else highest + 1
    rows = output_rows(task.id, task.version, first, change.content.messages_hash, change.outputs, now)
    if rows:
        session.execute(insert(table_of(AgentOutput)), rows)
    if renew_items(session, task, _renewal(change, version_of(session, task).id, now)):
        enqueue_ranking(session, task.project_id)
    return [output.id for output in change.outputs]


def _prepared(
    session: Session, host: PluginHost, task: Task, draft: TaskDraft, version: int
) -> PreparedChange:
    project = session.get_one(Project, task.project_id)
    revision = current_revision(session, project)
    components = components_of(host, revision)
    base_version = task.version
    content = prepare_content(host, components, task.id, version, draft)
    return PreparedChange(
        task_id=task.id,
        base_version=base_version,
        revision=revision,
        limits=limits_of(components),
        content=content,
        draft=draft,
        outputs=prepare_outputs(host, components, content.view.content, draft.outputs),
    )


def _held(session: Session, viewer: Viewer, change: PreparedChange) -> Task:
    task = get_row(session, viewer, change.task_id)
    session.refresh(task, with_for_update={"key_share": True})
    _check_version(task, change.base_version)
    return task


def _check_version(task: Task, seen: int) -> None:
    if task.version != seen:
        raise Conflict(
            f"The task is at version {task.version} now; the change was made to version {seen}.", code="stale"
        )


def _update(task: Task, draft: TaskDraft, prompt: str, now: datetime) -> None:
    task.version += 1
    task.prompt = prompt
    task.tags = list(draft.tags)
    task.meta = dict(draft.metadata)
    task.priority = draft.priority
    task.status = draft.status
    task.updated_at = now


def _mark_stale(session: Session, task_id: str) -> None:
    session.execute(
        update(AgentOutput)
        .where(AgentOutput.task_id == task_id)
        .values(stale=True)
        .execution_options(synchronize_session=False)
    )


def _renewal(change: PreparedChange, version_id: str, now: datetime) -> Renewal:
    return Renewal(change.revision, change.limits, version_id, change.content.lane, now)
