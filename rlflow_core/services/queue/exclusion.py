"""Excluding an annotator: nothing they did in a project counts any longer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from rlflow_core.services.queue.locks import hold_member_if_any
from rlflow_core.services.queue.reaper_lock import wait_for_reaper_lock
from rlflow_core.services.queue.tables import (
    ASSIGNMENTS,
    FEEDBACK,
    IS_LEASED,
    IS_VOTE,
    ITEMS,
    ONE,
    change,
    rows,
)

_THEIRS = (
    ASSIGNMENTS.c.project_id == bindparam("project"),
    ASSIGNMENTS.c.annotator_id == bindparam("whose"),
    ASSIGNMENTS.c.state.in_(("leased", "completed")),
)
_HOLD_ASSIGNMENTS = select(ASSIGNMENTS.c.id).where(*_THEIRS).with_for_update(key_share=True)
_THEIR_ITEMS = select(ASSIGNMENTS.c.item_id).where(*_THEIRS)
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
_NOTE_CHANGE = update(ITEMS).where(ITEMS.c.id.in_(_THEIR_ITEMS)).values(version=ITEMS.c.version + ONE)
_WITHDRAW_FEEDBACK = (
    update(FEEDBACK)
    .where(
        FEEDBACK.c.project_id == bindparam("project"),
        FEEDBACK.c.annotator_id == bindparam("whose"),
        FEEDBACK.c.state == "standing",
    )
    .values(state="withdrawn")
)
_WITHDRAW = update(ASSIGNMENTS).where(*_THEIRS, ASSIGNMENTS.c.state == "completed").values(state="withdrawn")
_EXPIRE = update(ASSIGNMENTS).where(*_THEIRS, IS_LEASED).values(state="expired", lease_until=None)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """How many completed assignments were withdrawn, and how many leases were ended."""

    withdrawn: int
    expired: int


def exclude(session: Session, project_id: str, annotator_id: str) -> Exclusion:
    """Withdraw all completed assignments of the annotator with their feedback, and end their leases.

    Every vote gives its place back. The annotator is not offered the items whose work was withdrawn; to keep them
    from claiming others the caller removes the member.
    """
    hold_member_if_any(session, project_id, annotator_id)
    wait_for_reaper_lock(session, project_id)
    theirs = {"project": project_id, "whose": annotator_id}
    rows(session, _HOLD_ASSIGNMENTS, theirs)
    rows(session, _HOLD_ITEMS, theirs)
    for statement in (_GIVE_BACK, _NOTE_CHANGE, _WITHDRAW_FEEDBACK):
        session.execute(statement, theirs)
    return Exclusion(withdrawn=change(session, _WITHDRAW, theirs), expired=change(session, _EXPIRE, theirs))
