"""The order of the queue: what the project's router says about items, stored on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal_column, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import Project, ProjectRevision, Task, TaskItem, TaskVersion, is_id
from rlflow_core.plugin_api import ItemView, Router
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.project_settings import components_of
from rlflow_core.services.projects import current_revision
from rlflow_core.services.task_views import task_view

BATCH_ITEMS = 500
MAX_RANK = 1e300
# Written out, so that both databases use the partial index on it.
HAS_PLACES = TaskItem.places_left > literal_column("0")


class BadRanks(ValueError):
    """A router gave something else than one finite number per item; the text says what."""


@dataclass(frozen=True, slots=True)
class Unranked:
    """Items that wait for a rank by `router`, which belongs to project revision `revision`."""

    router: Bound[Router]
    revision: int
    items: tuple[ItemView, ...]


def unranked(session: Session, host: PluginHost, project_id: str) -> Unranked | None:
    """Some open items that the project's present router has not ranked yet, None if there is no such project."""
    project = session.get(Project, project_id) if is_id(project_id) else None
    if project is None:
        return None
    revision = current_revision(session, project)
    router = components_of(host, revision).router
    items = _items(session, project_id, TaskItem.ranked_revision.is_(None))
    if not items:
        since = _first_with_same_router(session, revision)
        items = _items(session, project_id, TaskItem.ranked_revision < since)
    return Unranked(router, revision.number, tuple(items))


def checked(work: Unranked, ranks: Sequence[object]) -> list[float]:
    """The ranks as numbers; raises BadRanks."""
    if len(ranks) != len(work.items):
        raise BadRanks(f"The router gave {len(ranks)} numbers for {len(work.items)} items.")
    numbers: list[float] = []
    for rank in ranks:
        if isinstance(rank, bool) or not isinstance(rank, int | float):
            raise BadRanks(f"The router gave {str(rank)[:80]!r} as a rank, which is no number.")
        if not math.isfinite(rank) or abs(rank) > MAX_RANK:
            raise BadRanks(f"The router gave the rank {rank}, which does not sort.")
        numbers.append(float(rank))
    return numbers


def store(session: Session, work: Unranked, ranks: Sequence[float]) -> None:
    """Put the items in this order; who is at work on one is not interrupted."""
    rows = [
        {"item": item.id, "new_rank": rank, "by": work.revision}
        for item, rank in zip(work.items, ranks, strict=True)
    ]
    table: Any = TaskItem.__table__
    # In the order of their ids, as all do who hold several items.
    session.execute(
        update(table)
        .where(table.c.id == bindparam("item"))
        .values(rank=bindparam("new_rank"), ranked_revision=bindparam("by")),
        sorted(rows, key=lambda row: str(row["item"])),
    )


def _items(session: Session, project_id: str, condition: ColumnElement[bool]) -> list[ItemView]:
    rows = session.execute(
        select(TaskItem, Task, TaskVersion)
        .join(Task, Task.id == TaskItem.task_id)
        .join(TaskVersion, TaskVersion.id == TaskItem.task_version_id)
        .where(TaskItem.project_id == project_id, HAS_PLACES, condition)
        .order_by(TaskItem.id)
        .limit(BATCH_ITEMS)
    )
    return [
        ItemView(
            id=item.id,
            task=task_view(task, version),
            seq=task.seq,
            priority=task.priority,
            wanted=item.wanted,
            places_left=item.places_left,
            created_at=item.created_at,
        )
        for item, task, version in rows
    ]


def _first_with_same_router(session: Session, revision: ProjectRevision) -> int:
    """The number of the oldest revision since which the router and its config are the present ones."""
    first = revision.number
    rows = session.execute(
        select(ProjectRevision.number, ProjectRevision.router)
        .where(ProjectRevision.project_id == revision.project_id)
        .order_by(ProjectRevision.number.desc())
    )
    for number, router in rows:
        if router != revision.router:
            break
        first = number
    return first
