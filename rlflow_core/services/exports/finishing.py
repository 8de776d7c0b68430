"""How an export ends: files and row become visible together, once, by the attempt that still holds the job."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import ExportJob, Job, db_now
from rlflow_core.plugin_api import ExportView
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import jobs
from rlflow_core.services.exports.build import Built
from rlflow_core.services.exports.orders import Order
from rlflow_core.services.exports.requests import Export, export_row, get
from rlflow_core.services.exports.traces import note_made

EVENT_KIND = "export_finished"
HOOK = "export_finished"


def file_url(export_id: str) -> str:
    """The address at which the API gives out the data file."""
    return f"/api/v1/exports/{export_id}/download"


def finish_job(session: Session, host: PluginHost, built: Built, attempt: int) -> bool:
    """Whether this attempt has made the export ready; not if another one has taken its job or ended it."""
    job = select(Job.id).where(Job.id == ExportJob.job_id, Job.state == "running", Job.attempts == attempt)
    row = session.execute(
        update(ExportJob)
        .where(ExportJob.id == built.export_id, ExportJob.status == "queued", exists(job))
        .values(**_result(built))
        .returning(ExportJob.project_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return False
    # Under the lock of the row, so that a slower attempt cannot put its file in this one's place.
    built.folder.publish(built.names)
    note_made(session, get(session, built.export_id))
    _announce(session, host, built.export_id, row.project_id)
    return True


def fail_job(session: Session, export_id: str, error: str) -> None:
    """Mark an export that has not ended as failed."""
    session.execute(
        update(ExportJob)
        .where(ExportJob.id == export_id, ExportJob.status == "queued")
        .values(status="failed", error=error, finished_at=db_now())
        .execution_options(synchronize_session=False)
    )


def store_ready(
    session: Session, host: PluginHost, order: Order, built: Built, created_by: str, component_set: str
) -> Export:
    """An export that was made without a job, now that it is complete."""
    session.add(export_row(order, built.export_id, created_by, component_set, **_result(built)))
    session.flush()
    built.folder.publish(built.names)
    _announce(session, host, built.export_id, order.project.id)
    export = get(session, built.export_id)
    note_made(session, export)
    return export


def store_failed(
    session: Session, order: Order, export_id: str, created_by: str, component_set: str, error: str
) -> None:
    """An export that was tried without a job, and why it failed."""
    session.add(
        export_row(
            order, export_id, created_by, component_set, status="failed", error=error, finished_at=db_now()
        )
    )
    session.flush()


def view_for_plugins(export: Export) -> ExportView:
    """A finished export as the `export_finished` hook sees it."""
    return ExportView(
        id=export.id,
        project=export.project,
        layout=export.layout,
        container=export.format,
        rows=export.rows or 0,
        sha256=export.sha256 or "",
    )


def _result(built: Built) -> dict[str, Any]:
    return {
        "status": "ready",
        "rows": built.manifest.rows,
        "dropped": dict(built.manifest.dropped),
        "file_url": file_url(built.export_id),
        "sha256": built.manifest.sha256,
        "manifest": built.stored_manifest,
        "finished_at": db_now(),
    }


def _announce(session: Session, host: PluginHost, export_id: str, project_id: str) -> None:
    if host.manager.implements(HOOK):
        jobs.enqueue(session, EVENT_KIND, export_id, project_id=project_id)
