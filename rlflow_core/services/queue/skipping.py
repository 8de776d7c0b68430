"""Skipping with a reason: somebody else is given the item, unless nobody is left."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from rlflow_core.services.queue.errors import WrongState
from rlflow_core.services.queue.leasing import change_assignment
from rlflow_core.services.queue.locks import hold_assignment
from rlflow_core.services.queue.parking import park_after_skip
from rlflow_core.services.queue.places import give_place_back


class SkipReason(StrEnum):
    """Why an annotator does not judge an item."""

    UNCLEAR = "unclear"
    NOT_QUALIFIED = "not_qualified"
    BROKEN_TASK = "broken_task"
    OFFENSIVE = "offensive"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A skipped assignment; `parked` says whether its item now waits for a researcher."""

    assignment_id: str
    item_id: str
    parked: bool


def skip(
    session: Session, assignment_id: str, annotator_id: str, reason: SkipReason | str, note: str | None = None
) -> Skipped:
    """The assignment skipped and its place given back; the annotator is not offered the item again.

    The item is parked after the project's `max_skips` skips, or when nobody is left who could judge it.
    Raises ValueError for an unknown reason, NoSuchAssignment, and WrongState unless it is leased.
    """
    reason = SkipReason(reason)
    held = hold_assignment(session, assignment_id, annotator_id)
    claimed = held.claimed
    if claimed.state != "leased":
        raise WrongState(
            "This assignment is no longer reserved for you, so there is nothing to skip.", claimed.state
        )
    change_assignment(
        session,
        claimed,
        state="skipped",
        lease_until=None,
        postponed_at=None,
        skip_reason=reason.value,
        note=note,
    )
    if claimed.purpose != "vote":
        return Skipped(claimed.id, claimed.item_id, parked=False)
    give_place_back(session, claimed.item_id)
    parked = park_after_skip(session, claimed.item_id, held.max_skips)
    return Skipped(claimed.id, claimed.item_id, parked=parked)
