"""The next item for an annotator: the first open one after the last they took, and where the queue begins again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Float, bindparam, select, tuple_
from sqlalchemy.orm import Session

from rlflow_core.models import QUEUE_START_ID, QUEUE_START_RANK
from rlflow_core.models.columns import Id
from rlflow_core.services.queue.locks import Member
from rlflow_core.services.queue.tables import ASSIGNMENTS, IS_NEW_TO_ME, IS_OPEN, ITEMS, ONE, ZERO, row

START = (QUEUE_START_RANK, QUEUE_START_ID)

PLACE = tuple_(ITEMS.c.rank, ITEMS.c.id)
"""Where an item stands in its lane."""
_WATERMARK = tuple_(bindparam("wm_rank", type_=Float(53)), bindparam("wm_id", type_=Id()))


def _mine(column: Column[Any]) -> ColumnElement[Any]:
    mine = select(column).where(
        ASSIGNMENTS.c.item_id == ITEMS.c.id,
        ASSIGNMENTS.c.annotator_id == bindparam("me"),
        ASSIGNMENTS.c.pass_no == ZERO,
    )
    return mine.correlate(ITEMS).scalar_subquery()


_NEXT = (
    select(
        ITEMS.c.id,
        ITEMS.c.task_id,
        ITEMS.c.task_version_id,
        ITEMS.c.rank,
        ITEMS.c.outputs,
        _mine(ASSIGNMENTS.c.id).label("earlier_id"),
        _mine(ASSIGNMENTS.c.shown).label("earlier_shown"),
    )
    .where(
        ITEMS.c.project_id == bindparam("project"),
        ITEMS.c.lane == bindparam("lane"),
        PLACE.op(">", is_comparison=True)(_WATERMARK),
        IS_OPEN,
        IS_NEW_TO_ME,
    )
    .order_by(ITEMS.c.rank, ITEMS.c.id)
    .limit(ONE)
)
NEXT_FREE = _NEXT.with_for_update(of=ITEMS, key_share=True, skip_locked=True)
NEXT_WHEN_FREE = _NEXT.with_for_update(of=ITEMS, key_share=True)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that was found; `earlier_id` is the annotator's expired vote on it, `earlier_shown` its order."""

    id: str
    task_id: str
    task_version_id: str
    rank: float
    outputs: list[str] | None
    earlier_id: str | None
    earlier_shown: list[str] | None


def find(session: Session, member: Member, *, look_back: bool, patient: bool) -> Candidate | None:
    """The next item for this member, held: lane by lane, after the last one taken, then from the start.

    A look from the start costs a probe per item that the member has judged: `look_back` allows it. Items that
    others hold are passed over, or waited for if `patient`.
    """
    statement = NEXT_WHEN_FREE if patient else NEXT_FREE
    places = [(member.wm_rank, member.wm_id)] + ([START] if look_back else [])
    values = {"project": member.project_id, "me": member.user_id}
    for lane in member.lanes:
        for wm_rank, wm_id in places:
            found = row(session, statement, {**values, "lane": lane, "wm_rank": wm_rank, "wm_id": wm_id})
            if found is not None:
                return Candidate(**found._mapping)
    return None
