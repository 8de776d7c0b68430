"""How far projects are, and when they will be finished at the rate of the last week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Project, ProjectTally, TaskAssignment, TaskItem
from rlflow_core.services.metrics.pace import Forecast, Pace, forecast, paces, together
from rlflow_core.services.metrics.scope import Scope, whole


@dataclass(frozen=True, slots=True)
class Completion:
    """How far one project, or all together, is.

    Every item is one of done (judged as often as wanted), in work (an annotator has it now), parked (skipped too
    often) or open; `untouched` of them nobody has taken yet. `labels` of the `wanted` judgements are there.
    """

    tasks: int
    items: int
    done: int
    in_work: int
    parked: int
    open: int
    untouched: int
    wanted: int
    labels: int
    missing: int
    reserved: int
    share: float | None
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class ProjectCompletion:
    """One project of several with how far it is."""

    id: str
    name: str
    status: str
    completion: Completion


@dataclass(frozen=True, slots=True)
class _Parts:
    """The sums that completion is made of; they add up over projects."""

    tasks: int = 0
    items: int = 0
    open_items: int = 0
    untouched: int = 0
    wanted: int = 0
    places_left: int = 0
    open_places: int = 0
    leases: int = 0
    leased: int = 0
    leased_open: int = 0
    parked: int = 0


def completions(session: Session, scope: Scope, now: datetime) -> tuple[Completion, list[ProjectCompletion]]:
    """All projects together, and each by itself, newest first; in five queries."""
    parts: dict[str, dict[str, Any]] = {}
    for rows in (_sums, _leases, _parked):
        for row in rows(session, scope):
            parts.setdefault(row.project_id, {}).update(row._mapping)
    found = {project_id: _parts(values) for project_id, values in parts.items()}
    made = paces(session, scope, now)
    listed = session.execute(
        select(Project.id, Project.name, Project.status)
        .where(scope.of(Project.id))
        .order_by(Project.id.desc())
    )
    projects = [
        ProjectCompletion(
            row.id, row.name, row.status, _completion(found.get(row.id, _Parts()), made.get(row.id), now)
        )
        for row in listed
    ]
    return _completion(_together(found.values()), together(made), now), projects


def _sums(session: Session, scope: Scope) -> Iterable[Row[Any]]:
    names = ("tasks", "items", "open_items", "wanted", "places_left", "open_places")
    return session.execute(
        select(
            ProjectTally.project_id,
            whole(ProjectTally.untouched_items).label("untouched"),
            *(whole(getattr(ProjectTally, name)).label(name) for name in names),
        )
        .where(scope.of(ProjectTally.project_id))
        .group_by(ProjectTally.project_id)
    )


def _leases(session: Session, scope: Scope) -> Iterable[Row[Any]]:
    """The votes being made now, and the items they are about: few, whatever the project holds."""
    per_item = (
        select(TaskAssignment.project_id, TaskAssignment.item_id, func.count().label("leases"))
        .where(
            scope.of(TaskAssignment.project_id),
            TaskAssignment.state == "leased",
            TaskAssignment.purpose == "vote",
        )
        .group_by(TaskAssignment.project_id, TaskAssignment.item_id)
        .subquery()
    )
    return session.execute(
        select(
            per_item.c.project_id,
            whole(per_item.c.leases).label("leases"),
            func.count().label("leased"),
            func.count(case((TaskItem.places_left > 0, 1))).label("leased_open"),
        )
        .join(TaskItem, TaskItem.id == per_item.c.item_id)
        .group_by(per_item.c.project_id)
    )


def _parked(session: Session, scope: Scope) -> Iterable[Row[Any]]:
    is_leased = (
        select(TaskAssignment.id)
        .where(
            TaskAssignment.item_id == TaskItem.id,
            TaskAssignment.state == "leased",
            TaskAssignment.purpose == "vote",
        )
        .exists()
    )
    return session.execute(
        select(TaskItem.project_id, func.count().label("parked"))
        .where(
            scope.of(TaskItem.project_id),
            TaskItem.parked_at.is_not(None),
            TaskItem.places_left > 0,
            ~is_leased,
        )
        .group_by(TaskItem.project_id)
    )


def _parts(values: dict[str, Any]) -> _Parts:
    return _Parts(**{name: value for name, value in values.items() if name != "project_id"})


def _together(parts: Iterable[_Parts]) -> _Parts:
    sums: dict[str, int] = {}
    for part in parts:
        for name in _Parts.__slots__:
            sums[name] = sums.get(name, 0) + getattr(part, name)
    return _Parts(**sums)


def _completion(parts: _Parts, pace: Pace | None, now: datetime) -> Completion:
    labels = parts.wanted - parts.places_left - parts.leases
    missing = parts.open_places + parts.leases
    done = parts.items - parts.open_items - (parts.leased - parts.leased_open)
    return Completion(
        tasks=parts.tasks,
        items=parts.items,
        done=done,
        in_work=parts.leased,
        parked=parts.parked,
        open=parts.items - done - parts.leased - parts.parked,
        untouched=parts.untouched,
        wanted=parts.wanted,
        labels=labels,
        missing=missing,
        reserved=parts.leases,
        share=min(1.0, labels / parts.wanted) if parts.wanted else None,
        forecast=forecast(parts.items, missing, pace, now),
    )
