"""The job that asks models for outputs of a task; a later attempt does not ask again for what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobCancelled, JobContext, JobFailed
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services.errors import ServiceError
from rlflow_core.services.generation import requests
from rlflow_core.services.generation.work import Generation, Missing, Stored, Waiting


@job(requests.KIND, queue=requests.QUEUE)
def generate(context: JobContext) -> Mapping[str, Any]:
    """Ask for every sample of the task named by the subject; answers that came stay, whatever happens to the others."""
    host = get_host()
    with db.reading() as session:
        asked = requests.reopen(session, host, context.id, context.subject, context.args)
    generation = Generation(host, host.settings, asked, stream=False)
    try:
        _work(context, generation)
    except (JobCancelled, ServiceError):
        # What is stored is judged, though nothing more will come.
        generation.finish()
        raise
    result = generation.result(generation.finish())
    if generation.outage or not generation.stored:
        raise JobFailed(_reason(generation), result)
    return result


def _work(context: JobContext, generation: Generation) -> None:
    total, done = len(generation.asked.order.samples), 0
    context.progress(done, total)
    for step in generation.steps():
        if isinstance(step, Waiting):
            context.wait(step.seconds)
        done += isinstance(step, Stored | Missing)
        context.progress(done, total)


def _reason(generation: Generation) -> str:
    first = generation.outage or generation.missing[0]
    wanted = len(generation.asked.order.samples)
    return f"{first.message} {len(generation.stored)} of {wanted} answers were stored."
