"""Assignments that are no votes and take no place: repeats, gold, practice, judges, adjudications."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.orm import Session

from rlflow_core.services.queue.claimed import Claimed
from rlflow_core.services.queue.leasing import Earlier, Offer, lease, lease_end, update_member
from rlflow_core.services.queue.locks import hold_item, hold_member_for, hold_own

ExtraPurpose = Literal["repeat", "gold", "practice", "judge", "adjudication"]


def insert_extra(
    session: Session,
    item_id: str,
    annotator_id: str,
    purpose: ExtraPurpose,
    pass_no: int = 0,
    component_set_id: str | None = None,
    *,
    lease_seconds: float | None = None,
) -> Claimed | None:
    """The item leased to this member for a purpose that takes no place; None if they have it in this pass.

    One that expired is leased once more. Repeats have a `pass_no` from 1, all others 0, else ValueError. Raises
    NoSuchItem and NotAMember.
    """
    if (pass_no > 0) != (purpose == "repeat"):
        raise ValueError(f"pass_no is {pass_no}; repeats have one from 1, other purposes have 0.")
    member = hold_member_for(session, item_id, annotator_id)
    own = hold_own(session, member, item_id, pass_no)
    if own and (own.state, own.purpose) != ("expired", purpose):
        return None
    item = hold_item(session, item_id)
    offer = Offer(item.id, item.task_id, item.task_version_id, item.outputs, purpose, pass_no)
    earlier = Earlier(own.id, own.shown) if own else None
    until = lease_end(member, lease_seconds)
    leased = lease(session, member, offer, earlier, component_set_id, until)
    update_member(session, member, draws=leased.draws)
    return leased.claimed
