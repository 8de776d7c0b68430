"""Projects in the audit log: which settings somebody changed, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from rlflow_core.services import audit
from rlflow_core.services.audit import Action


def note_change(
    session: Session, project_id: str, old: Mapping[str, Any], new: Mapping[str, Any], **details: Any
) -> None:
    """Record what differs between `old` and `new`, which have the same names; nothing where they are equal."""
    names = [name for name in new if new[name] != old[name]]
    if names:
        audit.record(
            session,
            Action.SETTINGS_CHANGED,
            ("project", project_id),
            old={name: old[name] for name in names},
            new={name: new[name] for name in names},
            **details,
        )


def note_role(session: Session, project_id: str, user_id: str, old: str | None, new: str | None) -> None:
    """Record that somebody's role in a project changed; None is who is no member."""
    if old != new:
        audit.record(session, Action.MEMBER_CHANGED, ("user", user_id), project=project_id, old=old, new=new)
