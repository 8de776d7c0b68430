"""What waits for a researcher beside their projects' own steps: jobs that failed, and work that they returned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from rlflow_core.models import ExportJob, Job, Project, TaskAssignment, db_later
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services.notifying import TOLD_JOBS
from rlflow_core.services.projects import visible_to

DAYS_SHOWN = 3
FAILURES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed and that no later one of its kind in the project has made good."""

    kind: str
    subject: str
    project_id: str
    project_name: str
    error: str
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Returned:
    """How many judgements of a project wait for their annotators to redo them, until when the first is reserved."""

    project_id: str
    project_name: str
    count: int
    until: datetime


def failures(session: Session, viewer: Viewer) -> list[Failure]:
    """The failed jobs of the last DAYS_SHOWN days in the projects that `viewer` may manage, newest first."""
    later = aliased(Job)
    made_good = select(later.id).where(
        later.project_id == Job.project_id,
        later.kind == Job.kind,
        later.state == "done",
        later.created_at > Job.created_at,
    )
    rows = session.execute(
        select(Job, Project.name, ExportJob.error)
        .join(Project, Project.id == Job.project_id)
        .outerjoin(ExportJob, (ExportJob.job_id == Job.id) & (ExportJob.status == "failed"))
        .where(
            Job.project_id.in_(visible_to(viewer).with_only_columns(Project.id)),
            Job.kind.in_(TOLD_JOBS),
            (Job.state == "failed") | ExportJob.id.is_not(None),
            Job.finished_at > db_later(-DAYS_SHOWN * 86_400),
            ~made_good.exists(),
        )
        .order_by(Job.finished_at.desc(), Job.id)
        .limit(FAILURES_SHOWN)
    )
    return [
        Failure(job.kind, job.subject, job.project_id or "", name, job.error or error or "", job.finished_at)
        for job, name, error in rows
    ]


def returned(session: Session, viewer: Viewer) -> list[Returned]:
    """The projects that `viewer` may manage in which returned work has not come back yet."""
    rows = session.execute(
        select(
            Project.id,
            Project.name,
            func.count().label("number"),
            func.min(TaskAssignment.lease_until).label("until"),
        )
        .join(TaskAssignment, TaskAssignment.project_id == Project.id)
        .where(
            Project.id.in_(visible_to(viewer).with_only_columns(Project.id)),
            TaskAssignment.state == "leased",
            TaskAssignment.returned,
        )
        .group_by(Project.id, Project.name)
        .order_by(Project.id)
    )
    return [Returned(row.id, row.name, row.number, row.until) for row in rows]
