"""Why the queue has nothing for an annotator, computed from the rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import db_now
from rlflow_core.services.queue.counts import MY_COMPLETED
from rlflow_core.services.queue.errors import NotAMember
from rlflow_core.services.queue.locks import IS_THIS_MEMBER
from rlflow_core.services.queue.tables import (
    ASSIGNMENTS,
    HAS_OPEN_TASK,
    HAS_PLACES,
    IS_LEASED,
    IS_NEW_TO_ME,
    IS_OPEN,
    IS_VOTE,
    ITEMS,
    MEMBERS,
    ONE,
    PROJECTS,
    TASKS,
    ZERO,
    Values,
    row,
)


def _any_item(*conditions: ColumnElement[bool]) -> Select[int]:
    items = select(ONE).select_from(ITEMS)
    return items.where(ITEMS.c.project_id == bindparam("project"), *conditions).limit(ONE)


_IS_NOT_PARKED = ITEMS.c.parked_at.is_(None)
_IN_MY_LANES = ITEMS.c.lane.in_(bindparam("lanes", expanding=True))
_MEMBER = (
    select(PROJECTS.c.status, MEMBERS.c.lanes)
    .join_from(MEMBERS, PROJECTS, PROJECTS.c.id == MEMBERS.c.project_id)
    .where(IS_THIS_MEMBER)
)
_ANY_ITEM = (
    select(ONE)
    .join_from(TASKS, ITEMS, ITEMS.c.task_id == TASKS.c.id)
    .where(TASKS.c.project_id == bindparam("project"))
    .limit(ONE)
)
_ANY_FOR_ME = _any_item(_IN_MY_LANES, IS_OPEN, IS_NEW_TO_ME)
_ANY_IN_MY_LANES = _any_item(_IN_MY_LANES, IS_OPEN)
_ANY_OPEN = _any_item(IS_OPEN)
_ANY_WITH_PLACES = _any_item(HAS_PLACES, _IS_NOT_PARKED)
_RESERVED = (
    select(func.count().label("number"), func.min(ASSIGNMENTS.c.lease_until).label("next_at"))
    .join_from(ASSIGNMENTS, ITEMS, ITEMS.c.id == ASSIGNMENTS.c.item_id)
    .where(
        ASSIGNMENTS.c.project_id == bindparam("project"),
        IS_LEASED,
        ASSIGNMENTS.c.lease_until >= db_now(),
        IS_VOTE,
        ASSIGNMENTS.c.annotator_id != bindparam("me"),
        # Where `wanted` was lowered below the votes, a place that is given back does not open the item.
        ITEMS.c.places_left == ZERO,
        _IS_NOT_PARKED,
        HAS_OPEN_TASK,
        _IN_MY_LANES,
        IS_NEW_TO_ME,
    )
)
_PARKED = select(func.count()).where(
    ITEMS.c.project_id == bindparam("project"), ITEMS.c.parked_at.is_not(None)
)


def has_open_items(session: Session, project_id: str) -> bool:
    """Whether anything in the project has a place that may be handed out."""
    return row(session, _ANY_WITH_PLACES, {"project": project_id}) is not None


class EmptyBecause(StrEnum):
    """The reasons, in the order in which they are looked for."""

    PROJECT_NOT_OPEN = "project_not_open"
    READY = "ready"
    NOTHING_IMPORTED = "nothing_imported"
    RESERVED = "reserved"
    ALL_JUDGED = "all_judged"
    OTHER_LANES = "other_lanes"
    TASKS_NOT_OPEN = "tasks_not_open"
    PARKED = "parked"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why there is nothing to claim.

    `number` counts what the reason is about (places reserved, items judged, items parked); `next_at` is when the
    first reserved place is given back at the latest, in UTC.
    """

    code: EmptyBecause
    sentence: str
    number: int | None = None
    next_at: datetime | None = None


def why_empty(session: Session, project_id: str, annotator_id: str) -> Reason:
    """Why `claim` returned None; READY if by now it would not. Raises NotAMember."""
    me: dict[str, Any] = {"project": project_id, "me": annotator_id}
    member = row(session, _MEMBER, me)
    if member is None:
        raise NotAMember
    if member.status != "open":
        return Reason(
            EmptyBecause.PROJECT_NOT_OPEN, f"This project is {member.status}, so it hands out no work."
        )
    me["lanes"] = member.lanes
    if row(session, _ANY_FOR_ME, me):
        return Reason(EmptyBecause.READY, "There is work for you again.")
    if not row(session, _ANY_ITEM, me):
        return Reason(EmptyBecause.NOTHING_IMPORTED, "This project has nothing to judge yet.")
    return _because_of_others(session, me) or _because_of_places(session, me)


def _because_of_others(session: Session, me: Values) -> Reason | None:
    reserved = session.execute(_RESERVED, me).one()
    if not reserved.number:
        return None
    sentence = f"Others are working on all that is left for you; a place may free up at {reserved.next_at:%H:%M} UTC."
    return Reason(EmptyBecause.RESERVED, sentence, number=reserved.number, next_at=reserved.next_at)


def _because_of_places(session: Session, me: Values) -> Reason:
    if row(session, _ANY_IN_MY_LANES, me):
        sentence = "You have judged everything that is open to you. What is left waits for others."
        return Reason(
            EmptyBecause.ALL_JUDGED, sentence, number=session.execute(MY_COMPLETED, me).scalar_one()
        )
    if row(session, _ANY_OPEN, me):
        return Reason(EmptyBecause.OTHER_LANES, "What is left in this project is for other annotators.")
    if row(session, _ANY_WITH_PLACES, me):
        return Reason(EmptyBecause.TASKS_NOT_OPEN, "The tasks that are left are not open at the moment.")
    parked = session.execute(_PARKED, me).scalar_one()
    if parked:
        sentence = "What is left was skipped too often and waits for a researcher."
        return Reason(EmptyBecause.PARKED, sentence, number=parked)
    return Reason(EmptyBecause.COMPLETE, "Everything in this project has as many judgements as it needs.")
