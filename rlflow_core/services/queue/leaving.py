"""Leaving a project: what somebody holds goes to others, what they have judged stays."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from rlflow_core.services.queue.locks import hold_member_if_any
from rlflow_core.services.queue.reaper_lock import wait_for_reaper_lock
from rlflow_core.services.queue.tables import ASSIGNMENTS, IS_LEASED, IS_VOTE, ITEMS, ONE, change, rows

_THEIR_LEASES = (
    ASSIGNMENTS.c.project_id == bindparam("project"),
    ASSIGNMENTS.c.annotator_id == bindparam("whose"),
    IS_LEASED,
)
_HOLD_LEASES = select(ASSIGNMENTS.c.id).where(*_THEIR_LEASES).with_for_update(key_share=True)
_THEIR_ITEMS = select(ASSIGNMENTS.c.item_id).where(*_THEIR_LEASES)
# All who hold several items take them in the order of their ids, so that no two wait for each other.
_HOLD_ITEMS = (
    select(ITEMS.c.id)
    .where(ITEMS.c.id.in_(_THEIR_ITEMS))
    .order_by(ITEMS.c.id)
    .with_for_update(key_share=True)
)
_GIVE_BACK = (
    update(ITEMS)
    .where(ITEMS.c.id.in_(_THEIR_ITEMS.where(IS_VOTE)))
    .values(places_left=ITEMS.c.places_left + ONE)
)
_EXPIRE = (
    update(ASSIGNMENTS).where(*_THEIR_LEASES).values(state="expired", lease_until=None, postponed_at=None)
)


def end_leases(session: Session, project_id: str, annotator_id: str) -> int:
    """The number of leases of the annotator that were ended, the places of votes given back.

    Their drafts and all that they have submitted stay. The caller marks the member, whose row is held, as gone.
    """
    hold_member_if_any(session, project_id, annotator_id)
    wait_for_reaper_lock(session, project_id)
    theirs = {"project": project_id, "whose": annotator_id}
    rows(session, _HOLD_LEASES, theirs)
    rows(session, _HOLD_ITEMS, theirs)
    session.execute(_GIVE_BACK, theirs)
    return change(session, _EXPIRE, theirs)
