"""The job that tells plugins of an export that is ready."""

from __future__ import annotations

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobContext
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services.exports import finishing, requests


@job(finishing.EVENT_KIND)
def export_finished(context: JobContext) -> None:
    """Call the hook for the export named by the subject; a plugin that raises is recorded and stops nobody."""
    ready = requests.get(db.read, context.subject)
    get_host().manager.notify(finishing.HOOK, export=finishing.view_for_plugins(ready))
