"""Assigning an item to a named person."""

from __future__ import annotations

from sqlalchemy.orm import Session

from rlflow_core.services.queue.claimed import Claimed
from rlflow_core.services.queue.errors import WrongState
from rlflow_core.services.queue.leasing import Earlier, Offer, lease, lease_end, update_member
from rlflow_core.services.queue.locks import OwnRow, hold_item, hold_member_for, hold_own
from rlflow_core.services.queue.places import add_taken_place, take_place

HAS_IT = {
    "leased": "This person is working on the item already.",
    "completed": "This person has judged the item already.",
    "withdrawn": "This person's judgements were withdrawn from the project.",
}


def assign_to(
    session: Session,
    item_id: str,
    annotator_id: str,
    expires_in_minutes: float,
    component_set_id: str | None = None,
) -> Claimed:
    """A vote on the item reserved for this member for so many minutes; who skipped it is asked again.

    It takes a place if one is left, else one judgement more is wanted. Raises NoSuchItem, NotAMember, and
    WrongState if they have it or judged it already.
    """
    member = hold_member_for(session, item_id, annotator_id)
    own = hold_own(session, member, item_id)
    _may_be_named(own)
    item = hold_item(session, item_id)
    if not take_place(session, item_id):
        add_taken_place(session, item_id)
    offer = Offer(item.id, item.task_id, item.task_version_id, item.outputs)
    earlier = Earlier(own.id, own.shown) if own else None
    until = lease_end(member, expires_in_minutes * 60)
    leased = lease(session, member, offer, earlier, component_set_id, until)
    update_member(session, member, draws=leased.draws)
    return leased.claimed


def _may_be_named(own: OwnRow | None) -> None:
    if own is None:
        return
    if own.purpose != "vote":
        raise WrongState("This person has the item for another purpose than a vote.", own.state)
    if own.state in HAS_IT:
        raise WrongState(HAS_IT[own.state], own.state)
