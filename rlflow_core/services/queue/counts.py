"""How far an annotator, and a project, has come: counted from rows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from rlflow_core.services.queue.candidates import IS_AFTER_WATERMARK, IS_UP_TO_WATERMARK
from rlflow_core.services.queue.errors import NotAMember
from rlflow_core.services.queue.locks import IS_THIS_MEMBER
from rlflow_core.services.queue.tables import (
    ASSIGNMENTS,
    IS_LEASED,
    IS_NEW_TO_ME,
    IS_OPEN,
    IS_VOTE,
    ITEMS,
    MEMBERS,
    ONE,
    TALLIES,
    ZERO,
    Values,
    row,
)

REMAINING_COUNTED = 10_000

_PLACE = select(MEMBERS.c.lanes, MEMBERS.c.wm_rank, MEMBERS.c.wm_id).where(IS_THIS_MEMBER)
_MY_VOTES = (
    ASSIGNMENTS.c.annotator_id == bindparam("me"),
    ASSIGNMENTS.c.project_id == bindparam("project"),
    IS_VOTE,
)
MY_COMPLETED = select(func.count()).where(*_MY_VOTES, ASSIGNMENTS.c.state == "completed")
_MY_LEASES = select(
    func.count().label("leased"), func.count(ASSIGNMENTS.c.postponed_at).label("postponed")
).where(*_MY_VOTES, IS_LEASED)
_OPEN_TO_ME = (
    select(ONE)
    .select_from(ITEMS)
    .where(
        ITEMS.c.project_id == bindparam("project"),
        ITEMS.c.lane.in_(bindparam("lanes", expanding=True)),
        IS_OPEN,
        IS_NEW_TO_ME,
    )
    .limit(bindparam("at_most"))
)
# Counted from the watermark on first: before it nearly all is judged, and each item judged costs a probe.
_REMAINING = tuple(
    select(func.count()).select_from(_OPEN_TO_ME.where(part).subquery())
    for part in (IS_AFTER_WATERMARK, IS_UP_TO_WATERMARK)
)
# Sums that the database keeps: counting a million items takes a second, and dashboards ask all the time.
_ITEMS = select(
    func.coalesce(func.sum(TALLIES.c["items"]), ZERO).label("items"),
    func.coalesce(func.sum(TALLIES.c.open_items), ZERO).label("open_items"),
    func.coalesce(func.sum(TALLIES.c.parked_items), ZERO).label("parked_items"),
    func.coalesce(func.sum(TALLIES.c.wanted), ZERO).label("wanted"),
    func.coalesce(func.sum(TALLIES.c.wanted - TALLIES.c.places_left), ZERO).label("votes"),
).where(TALLIES.c.project_id == bindparam("project"))
_LEASES = select(func.count()).where(ASSIGNMENTS.c.project_id == bindparam("project"), IS_LEASED, IS_VOTE)


@dataclass(frozen=True, slots=True)
class Progress:
    """One annotator in one project.

    `done` and `leased` count their votes and `postponed` those leases that wait to be resumed; `remaining` counts
    the items they could take now, and counts no further than REMAINING_COUNTED.
    """

    done: int
    leased: int
    postponed: int
    remaining: int


@dataclass(frozen=True, slots=True)
class ProjectCounts:
    """A whole project: its items, those with places left, those parked; votes wanted, completed and in work."""

    items: int
    open_items: int
    parked_items: int
    wanted: int
    completed_votes: int
    leased_votes: int


def progress(session: Session, project_id: str, annotator_id: str) -> Progress:
    """How far the annotator has come. Raises NotAMember."""
    me = {"project": project_id, "me": annotator_id}
    place = row(session, _PLACE, me)
    if place is None:
        raise NotAMember
    leases = session.execute(_MY_LEASES, me).one()
    return Progress(
        done=session.execute(MY_COMPLETED, me).scalar_one(),
        leased=leases.leased,
        postponed=leases.postponed,
        remaining=_remaining(session, {**me, **place._mapping}),
    )


def project_counts(session: Session, project_id: str) -> ProjectCounts:
    """How far the project has come; it reads as many rows for a million items as for ten."""
    project = {"project": project_id}
    items = session.execute(_ITEMS, project).one()
    leased = session.execute(_LEASES, project).scalar_one()
    return ProjectCounts(
        items=int(items.items),
        open_items=int(items.open_items),
        parked_items=int(items.parked_items),
        wanted=int(items.wanted),
        completed_votes=int(items.votes) - leased,
        leased_votes=leased,
    )


def _remaining(session: Session, place: Values) -> int:
    counted = 0
    for statement in _REMAINING:
        if counted < REMAINING_COUNTED:
            values = {**place, "at_most": REMAINING_COUNTED - counted}
            counted += session.execute(statement, values).scalar_one()
    return counted
