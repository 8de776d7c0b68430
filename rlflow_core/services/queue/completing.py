"""Completing an assignment: the queue's part of a submit; the caller writes the feedback beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from rlflow_core.services.queue.claimed import Claimed
from rlflow_core.services.queue.leasing import change_assignment
from rlflow_core.services.queue.locks import hold_assignment
from rlflow_core.services.queue.places import note_change_of_votes, take_place

Outcome = Literal["completed", "late", "already", "taken"]


@dataclass(frozen=True, slots=True)
class Completion:
    """What a submit came to.

    completed: it counts. late: the lease had ended, a place was left, it counts. already: it was completed before
    (replay or refuse by the stored body). taken: it does not count; `assignment.state` says whether its place went
    to others (expired), or it was skipped or withdrawn. `item_version` is the item's new version where it counts.
    """

    outcome: Outcome
    assignment: Claimed
    item_version: int | None = None

    @property
    def counts(self) -> bool:
        """Whether the caller now writes standing feedback, in the same transaction."""
        return self.outcome in ("completed", "late")


def complete(session: Session, assignment_id: str, annotator_id: str) -> Completion:
    """The assignment completed, if it may still be; raises NoSuchAssignment unless it is the annotator's.

    An overdue lease that nobody has ended is still a lease. A returned or undone assignment already has withdrawn
    feedback, which the caller makes stand again with a further revision.
    """
    held = hold_assignment(session, assignment_id, annotator_id)
    claimed = held.claimed
    if claimed.state == "completed":
        return Completion("already", claimed)
    if claimed.state not in ("leased", "expired"):
        return Completion("taken", claimed)
    late = claimed.state == "expired"
    if late and not held.is_member:
        return Completion("taken", claimed)
    if late and claimed.purpose == "vote" and not take_place(session, claimed.item_id):
        return Completion("taken", claimed)
    completed = change_assignment(
        session, claimed, state="completed", completed_at=held.now, lease_until=None, postponed_at=None
    )
    version = note_change_of_votes(session, claimed.item_id)
    return Completion("late" if late else "completed", completed, version)
