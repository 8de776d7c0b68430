"""The job that has a project's router rank the items that came since the last time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobContext, JobFailed
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import get_host
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.services import notifying, queue, ranking
from rlflow_core.services.errors import Conflict


@job("assign")
def assign(context: JobContext) -> Mapping[str, Any]:
    """Rank the items of the project named by the subject; until then they wait in the order of arrival.

    What was skipped and has nobody left who could judge it is parked first.
    """
    host = get_host()
    parked = db.transact(queue.park_seen_by_all, context.subject)
    if parked:
        db.transact(notifying.votes_changed, context.subject)
    done = 0
    while True:
        try:
            with db.reading() as session:
                work = ranking.unranked(session, host, context.subject)
            if work is None or not work.items:
                return {"ranked": done} | ({"parked": parked} if parked else {})
            ranks = ranking.checked(work, host.guard.call(work.router, "RANK", work.items))
        except (Conflict, ComponentFault, ranking.BadRanks) as error:
            raise JobFailed(f"The queue keeps the order of arrival: {error}") from error
        db.transact(ranking.store, work, ranks)
        done += len(ranks)
        context.progress(done)
