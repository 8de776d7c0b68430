"""Completed work that goes back to its annotator: undone by themselves, or returned by a researcher."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from rlflow_core.services.queue.claimed import Claimed
from rlflow_core.services.queue.errors import NotAMember, NothingToUndo, WrongState
from rlflow_core.services.queue.leasing import change_assignment
from rlflow_core.services.queue.locks import Held, hold_assignment, hold_member_if_any
from rlflow_core.services.queue.places import note_change_of_votes
from rlflow_core.services.queue.tables import ASSIGNMENTS, FEEDBACK, ONE, change

UNDO_WITHIN = timedelta(minutes=10)

_LAST_SUBMIT = (
    select(ASSIGNMENTS.c.id)
    .where(
        ASSIGNMENTS.c.annotator_id == bindparam("me"),
        ASSIGNMENTS.c.state == "completed",
        ASSIGNMENTS.c.project_id == bindparam("project"),
    )
    .order_by(ASSIGNMENTS.c.completed_at.desc(), ASSIGNMENTS.c.id.desc())
    .limit(ONE)
)
_WITHDRAW_FEEDBACK = (
    update(FEEDBACK).where(FEEDBACK.c.assignment_id == bindparam("assignment")).values(state="withdrawn")
)


def undo(session: Session, annotator_id: str, project_id: str) -> Claimed:
    """The annotator's last submit in the project, leased to them again; its feedback no longer stands.

    Within 10 minutes, and neither practice nor work that a researcher had returned. The place stays taken.
    Raises NotAMember and NothingToUndo. Whether a snapshot or an adjudication holds the label is for the caller to
    ask first.
    """
    hold_member_if_any(session, project_id, annotator_id)
    last = session.scalar(_LAST_SUBMIT, {"me": annotator_id, "project": project_id})
    if last is None:
        raise NothingToUndo("You have not submitted anything in this project.")
    held = hold_assignment(session, last, annotator_id)
    if not held.is_member:
        raise NotAMember
    _may_be_undone(held)
    until = held.now + timedelta(minutes=held.lease_minutes)
    return _reopen(session, held, lease_until=until)


def return_to_annotator(session: Session, assignment_id: str, note: str, minutes: float) -> Claimed:
    """Completed work given back to its annotator with a note, reserved for them for so many minutes.

    It waits beside what they are working on until they resume it; its place stays taken. Raises NoSuchAssignment,
    and WrongState unless it is completed and its annotator still belongs to the project.
    """
    held = hold_assignment(session, assignment_id)
    if not held.is_member:
        raise WrongState("Its annotator has left the project, so nobody could redo it.", held.claimed.state)
    if held.claimed.state != "completed":
        raise WrongState("Only submitted work can be returned.", held.claimed.state)
    until = held.now + timedelta(minutes=minutes)
    return _reopen(session, held, lease_until=until, postponed_at=held.now, returned=True, note=note)


def revise(session: Session, assignment_id: str, annotator_id: str) -> Claimed:
    """The annotator's completed assignment, held, whose feedback the caller changes in the same transaction.

    Raises NoSuchAssignment, NotAMember, and WrongState unless it is completed or for practice.
    """
    held = hold_assignment(session, assignment_id, annotator_id)
    if not held.is_member:
        raise NotAMember
    if held.claimed.state != "completed":
        raise WrongState("Only submitted work can be changed.", held.claimed.state)
    if held.claimed.purpose == "practice":
        raise WrongState("Practice stays as it was submitted.", held.claimed.state)
    note_change_of_votes(session, held.claimed.item_id)
    return held.claimed


def _may_be_undone(held: Held) -> None:
    claimed = held.claimed
    if claimed.completed_at is None or held.now - claimed.completed_at > UNDO_WITHIN:
        raise NothingToUndo(
            "Your last submit is more than 10 minutes old. You can still edit it under My work."
        )
    if claimed.returned:
        raise NothingToUndo("A researcher had returned this work to you, so it stays as submitted.")
    if claimed.purpose == "practice":
        raise NothingToUndo("Practice cannot be undone.")


def _reopen(session: Session, held: Held, **values: Any) -> Claimed:
    claimed = change_assignment(session, held.claimed, state="leased", completed_at=None, **values)
    change(session, _WITHDRAW_FEEDBACK, {"assignment": claimed.id})
    note_change_of_votes(session, claimed.item_id)
    return claimed
