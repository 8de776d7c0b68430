"""The job that tells plugins of new labels, batched per project."""

from __future__ import annotations

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobContext
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import events


@job(events.FEEDBACK_SUBMITTED)
def feedback_submitted(context: JobContext) -> None:
    """Call the hook with the labels of the project that were not told yet; a plugin that raises stops nobody."""
    manager, told = get_host().manager, 0
    while True:
        with db.reading() as session:
            votes = events.unheard_feedback(session, context.subject)
        if not votes:
            return
        manager.notify(events.FEEDBACK_SUBMITTED, items=votes)
        db.transact(events.mark_feedback, votes)
        told += len(votes)
        context.progress(told)
