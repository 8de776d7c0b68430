"""The job that tells people what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobContext
from rlflow_core.jobs.registry import job
from rlflow_core.services import notifying


@job(notifying.KIND)
def notify(context: JobContext) -> Mapping[str, Any]:
    """Tell everybody whom the source named by the subject concerns, once."""
    return {"told": db.transact(notifying.tell, context.subject)}
