"""Ends overdue leases with every sweep, so that places come back also where nobody claims."""

from __future__ import annotations

from rlflow_core.extensions import db
from rlflow_core.services import queue

LIMIT = 500


def expire_leases() -> None:
    """Give the places of all overdue leases back, in short transactions."""
    with db.reading() as session:
        projects = queue.projects_with_due_leases(session)
    for project_id in projects:
        while db.transact(queue.expire_due, project_id, LIMIT) == LIMIT:
            pass
