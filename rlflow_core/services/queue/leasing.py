"""Leasing an item to a member: the assignment row with all that the moment of judging needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from rlflow_core.services.queue.claimed import CLAIMED, Claimed, claimed_from
from rlflow_core.services.queue.display_order import Drawn, draw
from rlflow_core.services.queue.locks import IS_THIS_MEMBER, Member
from rlflow_core.services.queue.tables import (
    ASSIGNMENTS,
    IS_VOTE,
    MEMBERS,
    ONE,
    OUTPUTS,
    change_one,
    row,
)

_CHANGE = update(ASSIGNMENTS).where(ASSIGNMENTS.c.id == bindparam("held"))
_FIRST = insert(ASSIGNMENTS).returning(*CLAIMED)
_AGAIN = (
    _CHANGE.where(ASSIGNMENTS.c.state.in_(("expired", "skipped")))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "state",
                "task_version_id",
                "project_revision_id",
                "component_set_id",
                "shown",
                "blinded",
                "assigned_at",
                "lease_until",
            )
        }
    )
    .values(attempt=ASSIGNMENTS.c.attempt + ONE, postponed_at=None, skip_reason=None)
    .returning(*CLAIMED)
)
_MEMBER = update(MEMBERS).where(IS_THIS_MEMBER)
_OUTPUTS = (
    select(OUTPUTS.c.id)
    .where(OUTPUTS.c.task_id == bindparam("task"), OUTPUTS.c.stale.is_(False), OUTPUTS.c.error.is_(None))
    .order_by(OUTPUTS.c.index)
)
_ORDERS = select(ASSIGNMENTS.c.shown).where(
    ASSIGNMENTS.c.item_id == bindparam("item"), IS_VOTE, ASSIGNMENTS.c.state.in_(("leased", "completed"))
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What is leased: an item, for which purpose, in which pass."""

    item_id: str
    task_id: str
    task_version_id: str
    outputs: list[str] | None
    purpose: str = "vote"
    pass_no: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """The row that the member already has for this item and pass: it is leased once more."""

    id: str
    shown: list[str] | None


@dataclass(frozen=True, slots=True)
class Leased:
    """The assignment, and the member's blocks of display orders after it."""

    claimed: Claimed
    draws: dict[str, Any]


def lease_end(member: Member, seconds: float | None = None) -> datetime:
    """When a lease that starts now ends; by default after the project's lease minutes."""
    return member.now + timedelta(seconds=member.lease_minutes * 60 if seconds is None else seconds)


def lease(
    session: Session,
    member: Member,
    offer: Offer,
    earlier: Earlier | None,
    component_set_id: str | None,
    until: datetime,
) -> Leased:
    """Lease what is offered to the held member; the place, if it is a vote, has been taken by the caller."""
    drawn = _drawn(session, member, offer, earlier)
    values = {
        "state": "leased",
        "task_version_id": offer.task_version_id,
        "project_revision_id": member.revision_id,
        "component_set_id": component_set_id,
        "shown": drawn.shown,
        "blinded": {"models": member.hide_models},
        "assigned_at": member.now,
        "lease_until": until,
    }
    if earlier:
        again = {f"new_{name}": value for name, value in values.items()}
        written = row(session, _AGAIN, {**again, "held": earlier.id})
    else:
        written = row(session, _FIRST, {**values, **_identity(member, offer)})
    if written is None:
        raise RuntimeError("The earlier assignment of this item was changed by somebody else.")
    return Leased(claimed_from(written), drawn.draws)


def update_member(session: Session, member: Member, **values: Any) -> None:
    """Write to the held member row."""
    change_one(session, _MEMBER, {"project": member.project_id, "me": member.user_id, **values})


def change_assignment(session: Session, claimed: Claimed, **values: Any) -> Claimed:
    """The held assignment after the change; `values` are columns that Claimed has too."""
    change_one(session, _CHANGE, {"held": claimed.id, **values})
    return replace(claimed, **values)


def _identity(member: Member, offer: Offer) -> dict[str, Any]:
    return {
        "item_id": offer.item_id,
        "task_id": offer.task_id,
        "project_id": member.project_id,
        "annotator_id": member.user_id,
        "purpose": offer.purpose,
        "pass_no": offer.pass_no,
    }


def _drawn(session: Session, member: Member, offer: Offer, earlier: Earlier | None) -> Drawn:
    outputs = offer.outputs
    if outputs is None:
        outputs = list(session.scalars(_OUTPUTS, {"task": offer.task_id}))
    if earlier and earlier.shown and sorted(earlier.shown) == sorted(outputs):
        # A draft may be waiting: what was answer A must be answer A again.
        return Drawn(earlier.shown, member.draws)
    others: list[list[str]] = []
    if member.display_order == "both":
        others = [shown for shown in session.scalars(_ORDERS, {"item": offer.item_id}) if shown]
    return draw(member.display_order, outputs, member.draws, others)
