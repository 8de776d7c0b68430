"""The job that tells plugins of tasks that annotators can now take."""

from __future__ import annotations

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobContext
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import events


@job(events.TASK_OPENED)
def task_opened(context: JobContext) -> None:
    """Call the hook for every task of the project that was not told yet; a plugin that raises stops nobody."""
    manager, told = get_host().manager, 0
    while True:
        with db.reading() as session:
            tasks = events.unheard_tasks(session, context.subject)
        if not tasks:
            return
        for task in tasks:
            manager.notify(events.TASK_OPENED, task=task)
        db.transact(events.mark_tasks, tasks)
        told += len(tasks)
        context.progress(told)
