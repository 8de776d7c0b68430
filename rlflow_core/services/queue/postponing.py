"""Putting an assignment aside for later, with its place kept, and taking it up again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from rlflow_core.services.queue.claimed import Claimed
from rlflow_core.services.queue.errors import WrongState
from rlflow_core.services.queue.leasing import change_assignment
from rlflow_core.services.queue.locks import Held, hold_assignment

KEPT_FOR = timedelta(hours=24)


def postpone(session: Session, assignment_id: str, annotator_id: str) -> Claimed:
    """The assignment put aside: its place is kept for 24 hours and the queue hands out another.

    Once more does not make it longer. Raises NoSuchAssignment, and WrongState unless it is leased.
    """
    held = hold_assignment(session, assignment_id, annotator_id)
    lease_until = _lease_of(held)
    if held.claimed.postponed_at is not None:
        return held.claimed
    until = max(lease_until, held.now + KEPT_FOR)
    return change_assignment(session, held.claimed, postponed_at=held.now, lease_until=until)


def resume(session: Session, assignment_id: str, annotator_id: str) -> Claimed:
    """A postponed or returned assignment taken up again, with a full lease from now.

    A returned one keeps the time it was given if that is longer. Raises NoSuchAssignment, and WrongState unless
    it is leased.
    """
    held = hold_assignment(session, assignment_id, annotator_id)
    lease_until = _lease_of(held)
    if held.claimed.postponed_at is None:
        return held.claimed
    full_lease = held.now + timedelta(minutes=held.lease_minutes)
    until = max(lease_until, full_lease) if held.claimed.returned else full_lease
    return change_assignment(session, held.claimed, postponed_at=None, lease_until=until)


def _lease_of(held: Held) -> datetime:
    if held.claimed.lease_until is None:
        raise WrongState(
            "This assignment is no longer reserved for you. Your draft is kept.", held.claimed.state
        )
    return held.claimed.lease_until
