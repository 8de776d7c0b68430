"""Why the queue has nothing for an annotator, computed from the rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from rlflow_core.models import db_now
from rlflow_core.services.queue.counts import MY_COMPLETED, open_in_my_lanes, open_to_me
from rlflow_core.services.queue.errors import NotAMember
from rlflow_core.services.queue.tables import (
    ASSIGNMENTS,
    HAS_OPEN_TASK,
    HAS_PLACES,
    IS_IN_MY_LANES,
    IS_LEASED,
    IS_MY_MEMBERSHIP,
    IS_NEW_TO_ME,
    IS_OPEN,
    IS_VOTE,
    ITEMS,
    MEMBERS,
    ONE,
    PROJECTS,
    TASKS,
    ZERO,
    AnyRow,
    is_any,
    row,
    rows,
)


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


def _is_any_item(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    items = select(ONE).select_from(ITEMS)
    found = items.where(ITEMS.c.project_id == MEMBERS.c.project_id, *conditions).correlate(MEMBERS)
    # In the order of the index, or PostgreSQL reads the items of all projects, hoping to meet one soon.
    return is_any(found.order_by(ITEMS.c.lane, ITEMS.c.rank, ITEMS.c.id))


_IS_NOT_PARKED = ITEMS.c.parked_at.is_(None)
_ANY_WITH_PLACES = (
    select(ONE)
    .select_from(ITEMS)
    .where(ITEMS.c.project_id == bindparam("project"), HAS_PLACES, _IS_NOT_PARKED)
    .limit(ONE)
)
_IMPORTED = (
    select(ONE)
    .join_from(TASKS, ITEMS, ITEMS.c.task_id == TASKS.c.id)
    .where(TASKS.c.project_id == MEMBERS.c.project_id)
    .order_by(TASKS.c.status)  # as the index is
    .correlate(MEMBERS)
)
_RESERVED = (
    select()
    .select_from(ASSIGNMENTS)
    .join(ITEMS, ITEMS.c.id == ASSIGNMENTS.c.item_id)
    .where(
        ASSIGNMENTS.c.project_id == MEMBERS.c.project_id,
        IS_LEASED,
        ASSIGNMENTS.c.lease_until >= db_now(),
        IS_VOTE,
        ASSIGNMENTS.c.annotator_id != bindparam("me"),
        # Where `wanted` was lowered below the votes, a place that is given back does not open the item.
        ITEMS.c.places_left == ZERO,
        _IS_NOT_PARKED,
        HAS_OPEN_TASK,
        IS_IN_MY_LANES,
        IS_NEW_TO_ME,
    )
    .correlate(MEMBERS)
)
_PARKED = (
    select(func.count())
    .where(ITEMS.c.project_id == MEMBERS.c.project_id, ITEMS.c.parked_at.is_not(None))
    .correlate(MEMBERS)
    .scalar_subquery()
)


_CODE = case(
    (PROJECTS.c.status != literal_column("'open'"), EmptyBecause.PROJECT_NOT_OPEN),
    (is_any(open_to_me(ONE)), EmptyBecause.READY),
    (~is_any(_IMPORTED), EmptyBecause.NOTHING_IMPORTED),
    (is_any(_RESERVED.add_columns(ONE)), EmptyBecause.RESERVED),
    (is_any(open_in_my_lanes(ONE)), EmptyBecause.ALL_JUDGED),
    (_is_any_item(IS_OPEN), EmptyBecause.OTHER_LANES),
    (_is_any_item(HAS_PLACES, _IS_NOT_PARKED), EmptyBecause.TASKS_NOT_OPEN),
    (_PARKED > ZERO, EmptyBecause.PARKED),
    else_=EmptyBecause.COMPLETE,
)
# Kept as it is found, so that no search is made again for the numbers.
_DECIDED = (
    select(MEMBERS.c.project_id, PROJECTS.c.status, _CODE.label("code"))
    .join_from(MEMBERS, PROJECTS, PROJECTS.c.id == MEMBERS.c.project_id)
    .where(IS_MY_MEMBERSHIP)
    .cte("decided")
    .prefix_with("MATERIALIZED")
)
_IS_RESERVED = _DECIDED.c.code == EmptyBecause.RESERVED
_REASONS = (
    select(
        *_DECIDED.c,
        case(
            (_IS_RESERVED, _RESERVED.add_columns(func.count()).scalar_subquery()),
            (_DECIDED.c.code == EmptyBecause.ALL_JUDGED, MY_COMPLETED),
            (_DECIDED.c.code == EmptyBecause.PARKED, _PARKED),
        ).label("number"),
        case(
            (_IS_RESERVED, _RESERVED.add_columns(func.min(ASSIGNMENTS.c.lease_until)).scalar_subquery())
        ).label("next_at"),
    )
    .join_from(_DECIDED, MEMBERS, MEMBERS.c.project_id == _DECIDED.c.project_id)
    .where(MEMBERS.c.user_id == bindparam("me"))
)
_SENTENCES = {
    EmptyBecause.PROJECT_NOT_OPEN: "This project is {status}, so it hands out no work.",
    EmptyBecause.READY: "There is work for you again.",
    EmptyBecause.NOTHING_IMPORTED: "This project has nothing to judge yet.",
    EmptyBecause.RESERVED: (
        "Others are working on all that is left for you; a place may free up at {next_at:%H:%M} UTC."
    ),
    EmptyBecause.ALL_JUDGED: "You have judged everything that is open to you. What is left waits for others.",
    EmptyBecause.OTHER_LANES: "What is left in this project is for other annotators.",
    EmptyBecause.TASKS_NOT_OPEN: "The tasks that are left are not open at the moment.",
    EmptyBecause.PARKED: "What is left was skipped too often and waits for a researcher.",
    EmptyBecause.COMPLETE: "Everything in this project has as many judgements as it needs.",
}


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


def has_open_items(session: Session, project_id: str) -> bool:
    """Whether anything in the project has a place that may be handed out."""
    return row(session, _ANY_WITH_PLACES, {"project": project_id}) is not None


def why_empty(session: Session, project_id: str, annotator_id: str) -> Reason:
    """Why `claim` returned None; READY if by now it would not. Raises NotAMember."""
    found = reasons_of(session, annotator_id, [project_id])
    if not found:
        raise NotAMember
    return found[project_id]


def reasons_of(session: Session, annotator_id: str, project_ids: Collection[str]) -> dict[str, Reason]:
    """What why_empty says of those of the projects that the annotator belongs to, asked at once."""
    if not project_ids:
        return {}
    found = rows(session, _REASONS, {"me": annotator_id, "projects": list(project_ids)})
    return {one.project_id: _reason(one) for one in found}


def _reason(found: AnyRow) -> Reason:
    code = EmptyBecause(found.code)
    sentence = _SENTENCES[code].format(status=found.status, next_at=found.next_at)
    return Reason(code, sentence, number=found.number, next_at=found.next_at)
