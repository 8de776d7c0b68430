"""Exports as their users see them: ask for one, list them, look at one. Until it has ended, the job knows its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import ExportJob, Job, Project, is_id, new_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services import jobs, projects
from rlflow_core.services.errors import NotFound, TooManyRequests
from rlflow_core.services.exports.filters import dump_filters
from rlflow_core.services.exports.orders import Order

KIND = "export"
QUEUE = "export"
MAX_RUNNING = 2
RETRY_SECONDS = 10
LIVE_STATES = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Export:
    """One export; `progress` of `total` items are read, `files` lists what can be downloaded."""

    id: str
    project: str
    layout: str
    format: str
    config: Mapping[str, Any]
    filters: Mapping[str, Any]
    status: str
    error: str | None
    progress: int
    total: int | None
    rows: int | None
    dropped: Mapping[str, int] | None
    sha256: str | None
    file_url: str | None
    manifest: Mapping[str, Any] | None
    job_id: str | None
    created_by: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def files(self) -> list[str]:
        """The names of its files, the data file last; none before it is ready."""
        return list(self.manifest["files"]) if self.manifest else []

    @property
    def is_ready(self) -> bool:
        """Whether its files can be downloaded."""
        return self.status == "ready"


def export_row(order: Order, export_id: str, created_by: str, component_set: str, **values: Any) -> ExportJob:
    """The row of an export."""
    return ExportJob(
        id=export_id,
        project_id=order.project.id,
        created_by=created_by,
        layout=order.layout,
        format=order.container.key,
        config=dict(order.exporter.config),
        filters=dump_filters(order.filters),
        component_set_id=component_set,
        **values,
    )


def create(session: Session, viewer: Viewer, order: Order, component_set: str) -> Export:
    """A new export that a job will make; TooManyRequests while two of the same person wait or run."""
    running = session.scalar(
        select(func.count())
        .select_from(ExportJob)
        .join(Job, Job.id == ExportJob.job_id)
        .where(ExportJob.created_by == viewer.id, Job.state.in_(LIVE_STATES))
    )
    if (running or 0) >= MAX_RUNNING:
        raise TooManyRequests(
            f"{MAX_RUNNING} exports of yours are being made. Wait for one, or cancel its job.", RETRY_SECONDS
        )
    export_id = new_id()
    job_id = jobs.enqueue(
        session,
        KIND,
        export_id,
        queue=QUEUE,
        project_id=order.project.id,
        created_by=viewer.id,
        component_set_id=component_set,
    )
    session.add(export_row(order, export_id, viewer.id, component_set, job_id=job_id))
    session.flush()
    return get(session, export_id)


def get(session: Session, export_id: str) -> Export:
    """The export with this id, whoever asks; NotFound if there is none."""
    row = (
        session.execute(_exports().where(ExportJob.id == export_id)).one_or_none()
        if is_id(export_id)
        else None
    )
    if row is None:
        raise NotFound("export", export_id)
    return _export(row)


def get_visible(session: Session, viewer: Viewer, export_id: str) -> Export:
    """The export, if `viewer` may manage its project; NotFound else, so that its existence is not confirmed."""
    query = _visible_to(viewer).where(ExportJob.id == export_id)
    row = session.execute(query).one_or_none() if is_id(export_id) else None
    if row is None:
        raise NotFound("export", export_id)
    return _export(row)


def list_visible(
    session: Session, viewer: Viewer, *, project_id: str | None = None, before: str | None = None, limit: int
) -> list[Export]:
    """At most `limit` exports of projects that `viewer` may manage, newest first, from the one after `before`."""
    query = _visible_to(viewer).order_by(ExportJob.id.desc()).limit(limit)
    if project_id is not None:
        query = query.where(ExportJob.project_id == projects.get_visible(session, viewer, project_id).id)
    if before is not None:
        query = query.where(ExportJob.id < before)
    return [_export(row) for row in session.execute(query)]


def _exports() -> Select[ExportJob, Job]:
    return select(ExportJob, Job).outerjoin(Job, Job.id == ExportJob.job_id)


def _visible_to(viewer: Viewer) -> Select[ExportJob, Job]:
    visible = projects.visible_to(viewer).with_only_columns(Project.id)
    return _exports().where(ExportJob.project_id.in_(visible))


def _export(row: Row[ExportJob, Job]) -> Export:
    stored: ExportJob = row[0]
    job: Job | None = row[1]
    is_over = stored.status != "queued"
    items_read, total = _progress(stored, job)
    return Export(
        id=stored.id,
        project=stored.project_id,
        layout=stored.layout,
        format=stored.format,
        config=stored.config,
        filters=stored.filters,
        status=stored.status if is_over or job is None else _status_by(job),
        error=stored.error if is_over or job is None else job.error,
        progress=items_read,
        total=total,
        rows=stored.rows,
        dropped=stored.dropped,
        sha256=stored.sha256,
        file_url=stored.file_url,
        manifest=stored.manifest,
        job_id=stored.job_id,
        created_by=stored.created_by,
        created_at=stored.created_at,
        finished_at=stored.finished_at or (job.finished_at if job else None),
    )


def _progress(stored: ExportJob, job: Job | None) -> tuple[int, int | None]:
    if stored.manifest:
        items = stored.manifest["selection"]["items"]
        return items, items
    return (job.progress, job.total) if job else (0, None)


def _status_by(job: Job) -> str:
    # A job that is done has finished its export in the transaction before: seen here, it was a moment ago.
    return "running" if job.state == "done" else job.state
