"""The job that brings a project's scores up to date with its labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobContext
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import scoring


@job("score")
def score(context: JobContext) -> Mapping[str, Any]:
    """Compute and store the scores of the project named by the subject; any number of times with the same end."""
    host = get_host()
    with db.reading() as session:
        scored = scoring.compute(session, host, context.subject)
    context.progress(1, 1)
    rows = db.transact(scoring.store, scored)
    return {"rows": rows, "failed": scored.failed}
