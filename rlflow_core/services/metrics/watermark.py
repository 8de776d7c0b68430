"""What stands for the state of some projects: as long as it is the same, so are all their numbers."""

from __future__ import annotations

import hashlib
from datetime import datetime
from importlib.metadata import version

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Job, PluginFailure, Project, ProjectTally
from rlflow_core.services.metrics.period import floor
from rlflow_core.services.metrics.scope import Scope

LAYOUT = 1
"""Rises when the cached views change their form."""


def watermark(session: Session, scope: Scope, kind: str, now: datetime) -> str:
    """A hash that every committed change of the projects changes; it reads a few rows per project, in one query.

    It holds for an hour at most, because forecasts and open-ended periods move with the clock.
    """
    changes = (
        select(func.sum(ProjectTally.changes)).where(ProjectTally.project_id == Project.id).scalar_subquery()
    )
    is_scoring = (
        select(Job.id)
        .where(Job.kind == "score", Job.project_id == Project.id, Job.state.in_(("queued", "running")))
        .exists()
    )
    last_failure = select(PluginFailure.id).order_by(PluginFailure.id.desc()).limit(1).scalar_subquery()
    rows = session.execute(
        select(Project.id, Project.name, Project.status, Project.revision, changes, is_scoring, last_failure)
        .where(scope.of(Project.id))
        .order_by(Project.id)
    )
    seen = [[str(value) for value in row] for row in rows]
    period = scope.period
    asked = [
        kind,
        LAYOUT,
        version("rlflow-core"),
        scope.project_id,
        period.since,
        period.until,
        period.bucket,
        floor(now, "hour"),
    ]
    return hashlib.sha256(orjson.dumps([asked, seen])).hexdigest()[:40]
