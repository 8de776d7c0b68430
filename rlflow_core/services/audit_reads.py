"""Admins look at personal data or at the audit log: that they did becomes an event too."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from rlflow_core.services import audit
from rlflow_core.services.audit import Action
from rlflow_core.services.audit_lists import Filters
from rlflow_core.services.users import UserView


def note_people(session: Session, people: Sequence[UserView]) -> None:
    """Record that these people were shown to the person who acts now."""
    about = ("user", people[0].id) if len(people) == 1 else None
    audit.record(session, Action.PEOPLE_READ, about, people=len(people))


def note_audit(session: Session, filters: Filters, *, as_file: bool) -> None:
    """Record that the events of `filters` were shown to the person who acts now."""
    given = {name: getattr(filters, name) for name in Filters.__slots__}
    audit.record(
        session,
        Action.AUDIT_READ,
        filters={name: value for name, value in given.items() if value is not None},
        as_file=as_file,
    )
