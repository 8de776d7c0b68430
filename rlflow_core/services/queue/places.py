"""The places of an item: `places_left` = `wanted` − votes that are leased or completed, kept by these updates."""

from __future__ import annotations

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from rlflow_core.services.queue.tables import HAS_PLACES, ITEMS, ONE, change, change_one

_THIS = update(ITEMS).where(ITEMS.c.id == bindparam("item"))
_TAKE = _THIS.where(HAS_PLACES).values(places_left=ITEMS.c.places_left - ONE)
_GIVE_BACK = _THIS.values(places_left=ITEMS.c.places_left + ONE)
_WANT_ONE_MORE = _THIS.values(wanted=ITEMS.c.wanted + ONE)
_CHANGED = _THIS.values(version=ITEMS.c.version + ONE).returning(ITEMS.c.version)


def take_place(session: Session, item_id: str) -> bool:
    """Take one place of the item; False if none is left."""
    return change(session, _TAKE, {"item": item_id}) == 1


def give_place_back(session: Session, item_id: str) -> None:
    """Give one place of the item back."""
    change_one(session, _GIVE_BACK, {"item": item_id})


def add_taken_place(session: Session, item_id: str) -> None:
    """Want one judgement more of the item, whose place is taken at once."""
    change_one(session, _WANT_ONE_MORE, {"item": item_id})


def note_change_of_votes(session: Session, item_id: str) -> int:
    """The item's new version, by which derived numbers know that its labels are others than they saw."""
    version: int = session.execute(_CHANGED, {"item": item_id}).scalar_one()
    return version
