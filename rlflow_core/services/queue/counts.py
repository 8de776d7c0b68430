"""How far an annotator, and a project, has come: counted from rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from rlflow_core.models import QUEUE_START_ID
from rlflow_core.models.columns import Id
from rlflow_core.services.queue.candidates import PLACE
from rlflow_core.services.queue.errors import NotAMember
from rlflow_core.services.queue.tables import (
    ASSIGNMENTS,
    IS_IN_MY_LANES,
    IS_LEASED,
    IS_MY_MEMBERSHIP,
    IS_NEW_TO_ME,
    IS_OPEN,
    IS_VOTE,
    ITEMS,
    MEMBERS,
    ONE,
    TALLIES,
    ZERO,
    rows,
)

REMAINING_COUNTED = 10_000

# COALESCE, because SQLite uses the index no further than `rank` where a column is compared with a column.
_WATERMARK = tuple_(MEMBERS.c.wm_rank, func.coalesce(MEMBERS.c.wm_id, literal(QUEUE_START_ID, Id())))
MY_VOTES = (
    select(func.count())
    .where(
        ASSIGNMENTS.c.annotator_id == bindparam("me"),
        ASSIGNMENTS.c.project_id == MEMBERS.c.project_id,
        IS_VOTE,
    )
    .correlate(MEMBERS)
)
MY_COMPLETED = MY_VOTES.where(ASSIGNMENTS.c.state == literal_column("'completed'")).scalar_subquery()
_MY_LEASES = MY_VOTES.where(IS_LEASED)


def open_in_my_lanes(at_most: ColumnElement[int], *conditions: ColumnElement[bool]) -> CompoundSelect[int]:
    """A row for each item in the lanes of the member whose row is read that has open places, `at_most` so many.

    From the watermark on first: before it nearly all is judged, and each item judged costs a probe.
    """
    items = select(ONE.label("one")).select_from(ITEMS).where(IS_IN_MY_LANES, IS_OPEN, *conditions)
    # Each part is limited too, because PostgreSQL plans the parts of a union as if all of their rows were read.
    parts = [
        items.where(PLACE.op(sign, is_comparison=True)(_WATERMARK))
        .limit(at_most)
        .correlate(MEMBERS)
        .subquery()
        for sign in (">", "<=")
    ]
    return union_all(*(select(part.c.one) for part in parts)).limit(at_most)


def open_to_me(at_most: ColumnElement[int]) -> CompoundSelect[int]:
    """A row for each item that the member whose row is read could take now, `at_most` so many."""
    return open_in_my_lanes(at_most, IS_NEW_TO_ME)


_PROGRESS = select(
    MEMBERS.c.project_id,
    MY_COMPLETED.label("done"),
    _MY_LEASES.scalar_subquery().label("leased"),
    _MY_LEASES.where(ASSIGNMENTS.c.postponed_at.is_not(None)).scalar_subquery().label("postponed"),
    select(func.count())
    .select_from(open_to_me(bindparam("at_most")).subquery())
    .scalar_subquery()
    .label("remaining"),
).where(IS_MY_MEMBERSHIP)
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
    found = progress_of(session, annotator_id, [project_id])
    if not found:
        raise NotAMember
    return found[project_id]


def progress_of(session: Session, annotator_id: str, project_ids: Collection[str]) -> dict[str, Progress]:
    """How far the annotator has come in those of the projects that they belong to, asked at once."""
    if not project_ids:
        return {}
    asked = {"me": annotator_id, "projects": list(project_ids), "at_most": REMAINING_COUNTED}
    return {
        found.project_id: Progress(found.done, found.leased, found.postponed, found.remaining)
        for found in rows(session, _PROGRESS, asked)
    }


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
