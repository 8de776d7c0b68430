"""Whether this worker computes as the web processes do: what they let people label, it must score and export."""

from __future__ import annotations

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.plugin_host.provenance import difference
from rlflow_core.services import job_delivery


def unlike_web() -> str | None:
    """Why this worker must leave jobs alone; None where its components are those of the web processes."""
    ours = get_host().component_set()
    with db.reading() as session:
        theirs = job_delivery.web_components(session)
        if theirs in (None, ours):
            return None
        assert theirs is not None
        only_ours, only_theirs = difference(session, ours, theirs)
    return (
        "A worker leaves this job alone, because its components are not those of the web server. "
        f"Only the worker has: {_listed(only_ours)}. Only the web server has: {_listed(only_theirs)}. "
        "Install the same plugins for both and restart both."
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


def note_web_start() -> None:
    """Make the components of this web process those that workers must have."""
    db.transact(job_delivery.note_web, get_host().component_set())
