"""The rows that a transition holds until its transaction ends, always in the order member, assignment, item.

PostgreSQL locks rows; SQLite has one writer at a time and leaves FOR UPDATE out. A transaction makes one
transition, before anything else it does: two in one transaction would hold the item of the first while waiting
for the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from rlflow_core.models import db_now
from rlflow_core.services.queue.claimed import CLAIMED, Claimed, claimed_from
from rlflow_core.services.queue.errors import NoSuchAssignment, NoSuchItem, NotAMember
from rlflow_core.services.queue.tables import ASSIGNMENTS, ITEMS, MEMBERS, PROJECTS, REVISIONS, row

IS_THEIR_ROW = (MEMBERS.c.project_id == bindparam("project")) & (MEMBERS.c.user_id == bindparam("me"))
IS_THIS_MEMBER = IS_THEIR_ROW & MEMBERS.c.left_at.is_(None)

_MEMBER = (
    select(
        MEMBERS.c.project_id,
        MEMBERS.c.user_id,
        MEMBERS.c.lanes,
        MEMBERS.c.wm_rank,
        MEMBERS.c.wm_id,
        MEMBERS.c.wm_reset_at,
        MEMBERS.c.claims,
        MEMBERS.c.draws,
        PROJECTS.c.status,
        REVISIONS.c.id.label("revision_id"),
        REVISIONS.c.lease_minutes,
        REVISIONS.c.hide_models,
        REVISIONS.c.display_order,
        db_now().label("now"),
    )
    .join_from(MEMBERS, PROJECTS, PROJECTS.c.id == MEMBERS.c.project_id)
    .join(REVISIONS, (REVISIONS.c.project_id == PROJECTS.c.id) & (REVISIONS.c.number == PROJECTS.c.revision))
    .where(IS_THIS_MEMBER)
    .with_for_update(of=MEMBERS, key_share=True)
)
_ROW = select(MEMBERS.c.left_at).where(IS_THEIR_ROW).with_for_update(key_share=True)
_OWNER = select(ASSIGNMENTS.c.project_id, ASSIGNMENTS.c.annotator_id).where(
    ASSIGNMENTS.c.id == bindparam("assignment")
)
_ASSIGNMENT = (
    select(*CLAIMED, REVISIONS.c.lease_minutes, REVISIONS.c.max_skips, db_now().label("now"))
    .join_from(ASSIGNMENTS, REVISIONS, REVISIONS.c.id == ASSIGNMENTS.c.project_revision_id)
    .where(ASSIGNMENTS.c.id == bindparam("assignment"))
    .with_for_update(of=ASSIGNMENTS, key_share=True)
)
_OWN = (
    select(ASSIGNMENTS.c.id, ASSIGNMENTS.c.purpose, ASSIGNMENTS.c.state, ASSIGNMENTS.c.shown)
    .where(
        ASSIGNMENTS.c.item_id == bindparam("item"),
        ASSIGNMENTS.c.annotator_id == bindparam("me"),
        ASSIGNMENTS.c.pass_no == bindparam("pass_no"),
    )
    .with_for_update(key_share=True)
)
_ITEM = (
    select(ITEMS.c.id, ITEMS.c.task_id, ITEMS.c.task_version_id, ITEMS.c.outputs)
    .where(ITEMS.c.id == bindparam("item"))
    .with_for_update(key_share=True)
)
_PROJECT_OF_ITEM = select(ITEMS.c.project_id).where(ITEMS.c.id == bindparam("item"))


@dataclass(frozen=True, slots=True)
class Member:
    """A held member row with the settings in force and the database's time."""

    project_id: str
    user_id: str
    lanes: list[str]
    wm_rank: float
    wm_id: str
    wm_reset_at: datetime | None
    claims: int
    draws: dict[str, Any]
    status: str
    revision_id: str
    lease_minutes: int
    hide_models: bool
    display_order: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A held assignment with the settings it was made under and the database's time.

    `is_member` says whether its annotator still belongs to the project.
    """

    claimed: Claimed
    is_member: bool
    lease_minutes: int
    max_skips: int
    now: datetime


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A held assignment that a member has for an item in one pass."""

    id: str
    purpose: str
    state: str
    shown: list[str] | None


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A held item; `outputs` is None where it shows all of its task's."""

    id: str
    task_id: str
    task_version_id: str
    outputs: list[str] | None


def hold_member(session: Session, project_id: str, annotator_id: str) -> Member:
    """The annotator's member row, held: all that one annotator does in a project happens one after the other."""
    found = row(session, _MEMBER, {"project": project_id, "me": annotator_id})
    if found is None:
        raise NotAMember
    return Member(**found._mapping)


def hold_member_if_any(session: Session, project_id: str, annotator_id: str) -> bool:
    """Whether the person is in the project, their member row held; work of people who left can still be withdrawn."""
    found = row(session, _ROW, {"project": project_id, "me": annotator_id})
    return found is not None and found.left_at is None


def hold_assignment(session: Session, assignment_id: str, annotator_id: str | None = None) -> Held:
    """The assignment, held after its annotator's member row; with `annotator_id` only if it is theirs."""
    owner = row(session, _OWNER, {"assignment": assignment_id})
    if owner is None or annotator_id not in (None, owner.annotator_id):
        raise NoSuchAssignment
    is_member = hold_member_if_any(session, owner.project_id, owner.annotator_id)
    found = row(session, _ASSIGNMENT, {"assignment": assignment_id})
    if found is None:
        raise NoSuchAssignment
    return Held(claimed_from(found), is_member, found.lease_minutes, found.max_skips, found.now)


def hold_member_for(session: Session, item_id: str, annotator_id: str) -> Member:
    """The member row of the annotator in the item's project, held."""
    found = row(session, _PROJECT_OF_ITEM, {"item": item_id})
    if found is None:
        raise NoSuchItem
    return hold_member(session, found.project_id, annotator_id)


def hold_own(session: Session, member: Member, item_id: str, pass_no: int = 0) -> OwnRow | None:
    """What the member has for the item in this pass, held."""
    found = row(session, _OWN, {"item": item_id, "me": member.user_id, "pass_no": pass_no})
    return OwnRow(**found._mapping) if found else None


def hold_item(session: Session, item_id: str) -> HeldItem:
    """The item, held; the last row that a transition takes."""
    found = row(session, _ITEM, {"item": item_id})
    if found is None:
        raise NoSuchItem
    return HeldItem(**found._mapping)
