"""What a researcher has going on: their projects with how far each is, and the jobs that run for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, SQLColumnExpression, cast, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Job, Project, ProjectMember, ProjectRevision, ProjectTally, TaskAssignment
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services.projects import visible_to

JOBS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    """One project in a list: `judged` of `wanted` judgements are there, `in_work` are made now, `parked` items wait.

    `missing` are to come, those in work among them; `scorers` are the keys of the components that score it.
    """

    id: str
    name: str
    status: str
    is_open_to_all: bool
    task_type: str
    schemas: tuple[str, ...]
    scorers: tuple[str, ...]
    annotators: int
    items: int
    wanted: int
    judged: int
    in_work: int
    missing: int
    parked: int

    @property
    def is_complete(self) -> bool:
        """Whether there is something to judge and all of it is judged."""
        return self.items > 0 and self.judged >= self.wanted


@dataclass(frozen=True, slots=True)
class RunningJob:
    """One job that waits or runs; `progress` of `total` counts whatever its kind counts."""

    id: str
    kind: str
    state: str
    progress: int
    total: int | None
    created_at: datetime
    project_id: str | None
    project_name: str | None


def summaries(session: Session, viewer: Viewer) -> tuple[ProjectSummary, ...]:
    """The projects that `viewer` may manage, newest first, in one query however many there are."""
    return tuple(_summary(row) for row in session.execute(_projects(viewer)))


def running_jobs(session: Session, viewer: Viewer) -> tuple[RunningJob, ...]:
    """The jobs that wait or run in the projects that `viewer` may manage, oldest first, at most JOBS_SHOWN."""
    rows = session.execute(
        select(
            Job.id,
            Job.kind,
            Job.state,
            Job.progress,
            Job.total,
            Job.created_at,
            Job.project_id,
            Project.name.label("project_name"),
        )
        .join(Project, Project.id == Job.project_id)
        .where(Job.state.in_(("queued", "running")), Job.project_id.in_(_visible(viewer)))
        .order_by(Job.created_at)
        .limit(JOBS_SHOWN)
    )
    return tuple(RunningJob(**row._mapping) for row in rows)


def _visible(viewer: Viewer) -> Select[str]:
    return visible_to(viewer).with_only_columns(Project.id)


def _projects(viewer: Viewer) -> Select[Any]:
    in_force = (ProjectRevision.project_id == Project.id) & (ProjectRevision.number == Project.revision)
    query = visible_to(viewer).join(ProjectRevision, in_force)
    columns: list[Any] = [
        Project.id,
        Project.name,
        Project.status,
        Project.entry,
        ProjectRevision.task_type,
        ProjectRevision.reward_schemas,
        ProjectRevision.scorers,
    ]
    for counts in (_items(viewer), _leases(viewer), _annotators(viewer)):
        counted = counts.subquery()
        query = query.outerjoin(counted, counted.c.project_id == Project.id)
        columns += [
            func.coalesce(column, 0).label(column.name) for column in counted.c if column.name != "project_id"
        ]
    return query.with_only_columns(*columns).order_by(Project.id.desc())


def _items(viewer: Viewer) -> Select[str, int, int, int, int, int]:
    return (
        select(
            ProjectTally.project_id,
            _sum(ProjectTally.items).label("items"),
            _sum(ProjectTally.parked_items).label("parked"),
            _sum(ProjectTally.wanted).label("wanted"),
            _sum(ProjectTally.wanted - ProjectTally.places_left).label("taken"),
            _sum(ProjectTally.open_places).label("open_places"),
        )
        .where(ProjectTally.project_id.in_(_visible(viewer)))
        .group_by(ProjectTally.project_id)
    )


def _sum(values: SQLColumnExpression[int]) -> ColumnElement[int]:
    # PostgreSQL adds whole numbers up to a decimal.
    return cast(func.sum(values), BigInteger)


def _leases(viewer: Viewer) -> Select[str, int]:
    return (
        select(TaskAssignment.project_id, func.count().label("leased"))
        .where(
            TaskAssignment.project_id.in_(_visible(viewer)),
            TaskAssignment.state == "leased",
            TaskAssignment.purpose == "vote",
        )
        .group_by(TaskAssignment.project_id)
    )


def _annotators(viewer: Viewer) -> Select[str, int]:
    return (
        select(ProjectMember.project_id, func.count().label("annotators"))
        .where(
            ProjectMember.project_id.in_(_visible(viewer)),
            ProjectMember.role == "annotator",
            ProjectMember.left_at.is_(None),
        )
        .group_by(ProjectMember.project_id)
    )


def _summary(row: Row[Any]) -> ProjectSummary:
    return ProjectSummary(
        id=row.id,
        name=row.name,
        status=row.status,
        is_open_to_all=row.entry == "open",
        task_type=row.task_type["key"],
        schemas=tuple(schema["name"] for schema in row.reward_schemas),
        scorers=tuple(scorer["key"] for scorer in row.scorers),
        annotators=row.annotators,
        items=row.items,
        wanted=row.wanted,
        judged=row.taken - row.leased,
        in_work=row.leased,
        missing=row.open_places + row.leased,
        parked=row.parked,
    )
