"""How many judgements an item is to have."""

from __future__ import annotations

from sqlalchemy import bindparam, case, update
from sqlalchemy.orm import Session

from rlflow_core.services.queue.errors import NoSuchItem
from rlflow_core.services.queue.tables import HAS_PLACES, ITEMS, ZERO, change

_THIS = update(ITEMS).where(ITEMS.c.id == bindparam("item"))
_PLACES_LEFT = ITEMS.c.places_left + (bindparam("new_wanted") - ITEMS.c.wanted)
_SET = _THIS.values(
    wanted=bindparam("new_wanted"),
    places_left=_PLACES_LEFT,
    parked_at=case((_PLACES_LEFT > ZERO, None), else_=ITEMS.c.parked_at),
)
_STOP = _THIS.where(HAS_PLACES).values(wanted=ITEMS.c.wanted - ITEMS.c.places_left, places_left=ZERO)


def set_wanted(session: Session, item_id: str, wanted: int) -> None:
    """Ask for so many judgements of the item from now on; nobody who is at work is interrupted.

    Below the votes there are, `places_left` is negative until some are given back. Places that open up take a
    parked item back into the queue. Raises ValueError below 0, and NoSuchItem. Who changes several items in one
    transaction does so in the order of their ids, as all do who hold several.
    """
    if wanted < 0:
        raise ValueError(f"wanted is {wanted}; it must be 0 or more.")
    if change(session, _SET, {"item": item_id, "new_wanted": wanted}) == 0:
        raise NoSuchItem


def stop_early(session: Session, item_id: str) -> bool:
    """Whether the item had places left, which are no longer wanted; votes in progress still count."""
    return change(session, _STOP, {"item": item_id}) == 1
