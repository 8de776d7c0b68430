"""Leases: they end by the clock of the database, and whoever claims next gives their places back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import db_now
from rlflow_core.services.queue.claimed import Claimed
from rlflow_core.services.queue.errors import WrongState
from rlflow_core.services.queue.leasing import change_assignment
from rlflow_core.services.queue.locks import hold_assignment
from rlflow_core.services.queue.reaper_lock import (
    LOCK_IS_FREE,
    has_reaper_locks,
    reaper_key,
    wait_for_reaper_lock,
)
from rlflow_core.services.queue.tables import ASSIGNMENTS, IS_LEASED, ITEMS, AnyRow, change, rows

LONGEST_LEASE = 4
REAPED_BY_A_CLAIM = 20

IS_DUE = IS_LEASED & (ASSIGNMENTS.c.lease_until < db_now())
# Rows that somebody holds are left to the next reaper: this one never waits for one item while it holds another.
_DUE = (
    select(ASSIGNMENTS.c.id, ASSIGNMENTS.c.item_id, ASSIGNMENTS.c.purpose)
    .join_from(ASSIGNMENTS, ITEMS, ITEMS.c.id == ASSIGNMENTS.c.item_id)
    .where(ASSIGNMENTS.c.project_id == bindparam("project"), IS_DUE)
    .order_by(ASSIGNMENTS.c.lease_until)
    .limit(bindparam("at_most"))
    .with_for_update(of=[ASSIGNMENTS, ITEMS], key_share=True, skip_locked=True)
)
_DUE_IF_LOCK_IS_FREE = _DUE.where(LOCK_IS_FREE)
_END = (
    update(ASSIGNMENTS)
    .where(ASSIGNMENTS.c.id.in_(bindparam("due", expanding=True)))
    .values(state="expired", lease_until=None)
)
_GIVE_BACK = (
    update(ITEMS)
    .where(ITEMS.c.id.in_(bindparam("items", expanding=True)))
    .values(places_left=ITEMS.c.places_left + bindparam("number"))
)
_PROJECTS = select(ASSIGNMENTS.c.project_id).where(IS_DUE).distinct()


def expire_due(session: Session, project_id: str, limit: int = 500) -> int:
    """The number of overdue leases (at most `limit`) that were ended, the places of votes given back."""
    wait_for_reaper_lock(session, project_id)
    return _end(session, rows(session, _DUE, {"project": project_id, "at_most": limit}))


def projects_with_due_leases(session: Session) -> list[str]:
    """The projects for which `expire_due` has something to do."""
    return list(session.scalars(_PROJECTS))


def reap(session: Session, project_id: str) -> int:
    """What a claim expires on its way: little, and nothing while another claim is at it."""
    values = {"project": project_id, "at_most": REAPED_BY_A_CLAIM}
    if not has_reaper_locks(session):
        return _end(session, rows(session, _DUE, values))
    return _end(session, rows(session, _DUE_IF_LOCK_IS_FREE, {**values, "lock": reaper_key(project_id)}))


def _end(session: Session, due: list[AnyRow]) -> int:
    if not due:
        return 0
    change(session, _END, {"due": [lease.id for lease in due]})
    places = Counter(lease.item_id for lease in due if lease.purpose == "vote")
    for number in sorted(set(places.values())):
        items = [item for item, count in places.items() if count == number]
        change(session, _GIVE_BACK, {"items": items, "number": number})
    return len(due)


def extend(session: Session, assignment_id: str, annotator_id: str) -> Claimed:
    """The lease after a sign of life: a full one from now, at most four of them from the start, never shorter.

    An overdue lease that nobody has ended yet is still one. Raises NoSuchAssignment, and WrongState if it was ended.
    """
    held = hold_assignment(session, assignment_id, annotator_id)
    claimed = held.claimed
    if claimed.lease_until is None:
        raise WrongState("This assignment is no longer reserved for you. Your draft is kept.", claimed.state)
    lease = timedelta(minutes=held.lease_minutes)
    latest = claimed.assigned_at + LONGEST_LEASE * lease
    until = max(claimed.lease_until, min(held.now + lease, latest))
    if until == claimed.lease_until:
        return claimed
    return change_assignment(session, claimed, lease_until=until)
