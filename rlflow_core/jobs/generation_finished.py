"""The job that tells plugins of outputs that models have given."""

from __future__ import annotations

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobContext
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services.generation.storing import GENERATION_FINISHED
from rlflow_core.services.generation.telling import told


@job(GENERATION_FINISHED)
def generation_finished(context: JobContext) -> None:
    """Call the hook for the task and outputs in the arguments; a plugin that raises is recorded and stops nobody."""
    with db.reading() as session:
        task, outputs = told(session, context.args["task"], context.args["outputs"])
    get_host().manager.notify(GENERATION_FINISHED, task=task, outputs=outputs)
