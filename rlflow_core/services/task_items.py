"""Keeping the items of a task in step with its outputs: new comparisons open, outdated ones close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput, ProjectRevision, Task, TaskAssignment, TaskItem, new_id
from rlflow_core.services.pairing import ALL_OUTPUTS, Group, OutputLimits, groups
from rlflow_core.services.queue import stop_early
from rlflow_core.services.task_content import PreparedItem
from rlflow_core.services.task_rows import item_row


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the items of a task are made from: settings in force, the version they show, the router's lane."""

    revision: ProjectRevision
    limits: tuple[OutputLimits, ...]
    version_id: str
    lane: str
    now: datetime


@dataclass(frozen=True, slots=True)
class _Held:
    id: str
    group: Group
    is_untouched: bool


def renew_items(session: Session, task: Task, renewal: Renewal) -> int:
    """The number of comparisons that opened, after the items fit the task's usable outputs; the task is held.

    An outdated item that nobody has taken shows the new outputs instead; one with work keeps what it showed, its
    judgements count, and no more are wanted of it. Raises Invalid where the project cannot judge so many outputs.
    """
    usable = usable_outputs(session, task.id)
    pairing = renewal.revision.pairing
    items = _held_items(session, task.id, tuple(usable))
    current = [item for item in items if _is_current(item, usable, pairing)]
    wanted = groups(pairing, usable, task.id, renewal.limits, {frozenset(item.group) for item in current})
    outdated = [item for item in items if item not in current]
    free = [item for item in outdated if item.is_untouched]
    for item, group in zip(free, wanted, strict=False):
        _show_instead(session, item.id, group, renewal)
    reused = {item.id for item in free[: len(wanted)]}
    for item in outdated:
        if item.id not in reused:
            stop_early(session, item.id)
    _insert(session, task, wanted[len(reused) :], renewal)
    return len(wanted)


def usable_outputs(session: Session, task_id: str) -> list[str]:
    """The outputs of a task that can be judged, in their order: neither stale nor failed."""
    return list(
        session.scalars(
            select(AgentOutput.id)
            .where(AgentOutput.task_id == task_id, AgentOutput.stale.is_(False), AgentOutput.error.is_(None))
            .order_by(AgentOutput.index)
        )
    )


def move_items(session: Session, task: Task, renewal: Renewal) -> None:
    """Let all items of a held task show its newest version; judgements made on the one before still count."""
    ids = [item.id for item in _held_items(session, task.id, ())]
    session.execute(
        update(TaskItem)
        .where(TaskItem.id.in_(ids))
        .values(task_version_id=renewal.version_id, lane=renewal.lane)
        .execution_options(synchronize_session=False)
    )


def _held_items(session: Session, task_id: str, usable: Group) -> list[_Held]:
    # In the order of their ids, as all do who hold several items.
    rows = session.execute(
        select(TaskItem.id, TaskItem.outputs)
        .where(TaskItem.task_id == task_id)
        .order_by(TaskItem.id)
        .with_for_update(key_share=True)
    ).all()
    touched = set(
        session.scalars(select(TaskAssignment.item_id).where(TaskAssignment.task_id == task_id).distinct())
    )
    return [
        _Held(row.id, usable if row.outputs is None else tuple(row.outputs), row.id not in touched)
        for row in rows
    ]


def _is_current(item: _Held, usable: Sequence[str], pairing: str) -> bool:
    if pairing == ALL_OUTPUTS:
        return set(item.group) == set(usable)
    return set(item.group) <= set(usable) and len(item.group) == 2


def _show_instead(session: Session, item_id: str, group: Group, renewal: Renewal) -> None:
    wanted = renewal.revision.wanted
    session.execute(
        update(TaskItem)
        .where(TaskItem.id == item_id)
        .values(
            outputs=list(group),
            task_version_id=renewal.version_id,
            lane=renewal.lane,
            wanted=wanted,
            places_left=wanted,
            ranked_revision=None,
        )
        .execution_options(synchronize_session=False)
    )


def _insert(session: Session, task: Task, wanted: Sequence[Group], renewal: Renewal) -> None:
    if not wanted:
        return
    rows = [
        item_row(
            renewal.revision,
            task.id,
            renewal.version_id,
            renewal.lane,
            float(task.seq),
            PreparedItem(new_id(), group),
            renewal.now,
        )
        for group in wanted
    ]
    session.execute(insert(TaskItem), rows)
