"""Parking what nobody can judge: such an item waits for a researcher instead of being handed out."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import db_now
from rlflow_core.services.queue.tables import (
    ASSIGNMENTS,
    HAS_PLACES,
    IS_VOTE,
    ITEMS,
    MEMBERS,
    PROJECTS,
    USERS,
    ZERO,
    change,
    rows,
)

_IS_OF_ITEM = ASSIGNMENTS.c.item_id == bindparam("item")
_SKIPS = select(func.count()).where(_IS_OF_ITEM, IS_VOTE, ASSIGNMENTS.c.state == "skipped")
_IS_THROUGH_WITH_IT = (
    select(ASSIGNMENTS.c.id)
    .where(
        _IS_OF_ITEM,
        ASSIGNMENTS.c.annotator_id == MEMBERS.c.user_id,
        ASSIGNMENTS.c.state.in_(("skipped", "completed", "withdrawn")),
    )
    .exists()
)
_LANES_OF_THE_OTHERS = (
    select(ITEMS.c.lane, MEMBERS.c.lanes)
    .join_from(ITEMS, MEMBERS, MEMBERS.c.project_id == ITEMS.c.project_id)
    .join(USERS, USERS.c.id == MEMBERS.c.user_id)
    .where(
        ITEMS.c.id == bindparam("item"),
        MEMBERS.c.role == "annotator",
        MEMBERS.c.left_at.is_(None),
        USERS.c.disabled_at.is_(None),
        ~_IS_THROUGH_WITH_IT,
    )
)
_ENTRY = (
    select(PROJECTS.c.entry)
    .join(ITEMS, ITEMS.c.project_id == PROJECTS.c.id)
    .where(ITEMS.c.id == bindparam("item"))
)
_PARK = (
    update(ITEMS)
    .where(ITEMS.c.id == bindparam("item"), HAS_PLACES, ITEMS.c.parked_at.is_(None))
    .values(wanted=ITEMS.c.wanted - ITEMS.c.places_left, places_left=ZERO, parked_at=db_now())
)
# By the members and not by the project: what somebody skipped is found through an index, and is little.
_SKIPPED_ITEMS = (
    select(ITEMS.c.id)
    .join_from(MEMBERS, ASSIGNMENTS, ASSIGNMENTS.c.annotator_id == MEMBERS.c.user_id)
    .join(ITEMS, ITEMS.c.id == ASSIGNMENTS.c.item_id)
    .where(
        MEMBERS.c.project_id == bindparam("project"),
        ASSIGNMENTS.c.state == "skipped",
        ASSIGNMENTS.c.project_id == bindparam("project"),
        IS_VOTE,
        HAS_PLACES,
        ITEMS.c.parked_at.is_(None),
    )
    .distinct()
)
_HOLD = (
    select(ITEMS.c.id)
    .where(ITEMS.c.id.in_(bindparam("items", expanding=True)))
    .order_by(ITEMS.c.id)
    .with_for_update(key_share=True)
)


def park_after_skip(session: Session, item_id: str, max_skips: int) -> bool:
    """Whether the item is parked now: it was skipped `max_skips` times, or nobody is left who could judge it."""
    item = {"item": item_id}
    give_up = session.execute(_SKIPS, item).scalar_one() >= max_skips or _is_seen_by_all(session, item_id)
    return give_up and change(session, _PARK, item) == 1


def park_seen_by_all(session: Session, project_id: str) -> int:
    """The number of items that were skipped and that nobody is left for, all of them parked now.

    People leave and change lanes, and more judgements come to be wanted: then this looks again.
    """
    skipped = [row.id for row in rows(session, _SKIPPED_ITEMS, {"project": project_id})]
    nobody_left = [item_id for item_id in skipped if _is_seen_by_all(session, item_id)]
    # In the order of their ids, as all do who hold several items.
    held = [row.id for row in rows(session, _HOLD, {"items": nobody_left})] if nobody_left else []
    return sum(change(session, _PARK, {"item": item_id}) for item_id in held)


def _is_seen_by_all(session: Session, item_id: str) -> bool:
    """Whether no annotator of the item's lane is left who may still judge it, or is at it."""
    if session.execute(_ENTRY, {"item": item_id}).scalar_one() == "open":
        # Whoever has an account may still come.
        return False
    others = rows(session, _LANES_OF_THE_OTHERS, {"item": item_id})
    return all(other.lane not in other.lanes for other in others)
