"""The claim: what an annotator works on next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.orm import Session

from rlflow_core.models import db_now
from rlflow_core.services.queue.candidates import Candidate, find
from rlflow_core.services.queue.claimed import CLAIMED, Claimed, claimed_from
from rlflow_core.services.queue.counts import open_to_me
from rlflow_core.services.queue.leases import REAPED_BY_A_CLAIM, expire_due, reap
from rlflow_core.services.queue.leasing import Earlier, Offer, lease, lease_end, update_member
from rlflow_core.services.queue.locks import Member, hold_member
from rlflow_core.services.queue.places import take_place
from rlflow_core.services.queue.tables import (
    ASSIGNMENTS,
    IS_LEASED,
    IS_MY_MEMBERSHIP,
    IS_OWN_WORK,
    MEMBERS,
    ONE,
    PROJECTS,
    is_any,
    row,
    rows,
)

# A look from the start costs a probe per item already judged: who has judged more looks once in a while.
FEW_CLAIMS = 5_000
LOOK_BACK_EVERY = timedelta(seconds=5)

_HELD = (
    select(*CLAIMED)
    .where(
        ASSIGNMENTS.c.annotator_id == bindparam("me"),
        ASSIGNMENTS.c.project_id == bindparam("project"),
        IS_LEASED,
        IS_OWN_WORK,
        ASSIGNMENTS.c.postponed_at.is_(None),
        ASSIGNMENTS.c.lease_until > db_now(),
    )
    .order_by(ASSIGNMENTS.c.assigned_at, ASSIGNMENTS.c.id)
    .limit(ONE)
)
_LEASED_TO_ME = (
    select(ONE)
    .where(
        ASSIGNMENTS.c.annotator_id == bindparam("me"),
        ASSIGNMENTS.c.project_id == MEMBERS.c.project_id,
        IS_LEASED,
        IS_OWN_WORK,
        ASSIGNMENTS.c.postponed_at.is_(None),
    )
    .correlate(MEMBERS)
)
_WITH_WORK = (
    select(MEMBERS.c.project_id)
    .join_from(MEMBERS, PROJECTS, PROJECTS.c.id == MEMBERS.c.project_id)
    .where(
        IS_MY_MEMBERSHIP,
        is_any(_LEASED_TO_ME) | ((PROJECTS.c.status == literal_column("'open'")) & is_any(open_to_me(ONE))),
    )
)


def claim(
    session: Session,
    project_id: str,
    annotator_id: str,
    component_set_id: str | None = None,
    *,
    lease_seconds: float | None = None,
) -> Claimed | None:
    """The assignment the annotator works on next, leased to them; None if there is nothing (see why_empty).

    Whoever holds one gets it again, the oldest first; postponed and returned ones wait until they are resumed.
    Otherwise the first open item is taken, if the project is open. Raises NotAMember. The transaction that claims
    does nothing else in the queue.
    """
    member = hold_member(session, project_id, annotator_id)
    held = in_work(session, project_id, annotator_id)
    if held is not None:
        return held
    if member.status != "open":
        return None
    item = _find(session, member)
    if item is None:
        return None
    if not take_place(session, item.id):
        raise RuntimeError("The item that this claim holds has lost its place.")
    offer = Offer(item.id, item.task_id, item.task_version_id, item.outputs)
    earlier = Earlier(item.earlier_id, item.earlier_shown) if item.earlier_id else None
    leased = lease(session, member, offer, earlier, component_set_id, lease_end(member, lease_seconds))
    update_member(
        session, member, draws=leased.draws, wm_rank=item.rank, wm_id=item.id, claims=member.claims + 1
    )
    return leased.claimed


def in_work(session: Session, project_id: str, annotator_id: str) -> Claimed | None:
    """The assignment that the annotator is working on, or None; a claim hands it out again."""
    held = row(session, _HELD, {"me": annotator_id, "project": project_id})
    return claimed_from(held) if held else None


def with_work(session: Session, annotator_id: str, project_ids: Collection[str]) -> set[str]:
    """Those of the projects in which the annotator has something in work, or something to take."""
    if not project_ids:
        return set()
    found = rows(session, _WITH_WORK, {"me": annotator_id, "projects": list(project_ids)})
    return {one.project_id for one in found}


def _find(session: Session, member: Member) -> Candidate | None:
    look_back = _may_look_back(member)
    reap(session, member.project_id)
    item = find(session, member, look_back=look_back, patient=False)
    if item is not None or not look_back:
        return item
    # Before we say that nothing is left, we wait for those who are giving places back or taking some.
    expire_due(session, member.project_id, REAPED_BY_A_CLAIM)
    item = find(session, member, look_back=True, patient=True)
    if item is None and member.claims >= FEW_CLAIMS:
        update_member(session, member, wm_reset_at=member.now)
    return item


def _may_look_back(member: Member) -> bool:
    if member.claims < FEW_CLAIMS or member.wm_reset_at is None:
        return True
    return member.now - member.wm_reset_at >= LOOK_BACK_EVERY
