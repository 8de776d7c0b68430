"""The audit log: one row for what somebody may have to answer for, in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy.orm import Session

from rlflow_core.models import AuditEvent
from rlflow_core.security.origin import origin

Outcome = Literal["ok", "failed", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("ok", "failed", "refused")
LONGEST_TEXT = 500
MOST_VALUES = 50


class Action(StrEnum):
    """Everything that is recorded; no other word stands in the column `action`."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    ACCOUNT_LOCKED = "account_locked"
    REFRESH_REUSED = "refresh_reused"
    REGISTERED = "registered"
    ACCOUNT_MADE = "account_made"
    ROLE_CHANGED = "role_changed"
    MEMBER_CHANGED = "member_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event, not a password
    SESSIONS_ENDED = "sessions_ended"
    LINK_MADE = "link_made"
    INVITATION_MADE = "invitation_made"
    INVITATION_REVOKED = "invitation_revoked"
    TOKEN_MADE = "token_made"  # noqa: S105 - an event, not a token
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - an event, not a token
    ACCESS_REFUSED = "access_refused"
    PEOPLE_READ = "people_read"
    AUDIT_READ = "audit_read"
    SETTINGS_CHANGED = "settings_changed"
    IMPORT_MADE = "import_made"
    IMPORT_UNDONE = "import_undone"
    EXPORT_MADE = "export_made"
    EXPORT_DOWNLOADED = "export_downloaded"
    GENERATION_ASKED = "generation_asked"
    PLUGIN_FAILED = "plugin_failed"


def record(
    session: Session,
    /,
    action: Action,
    about: tuple[str, str] | None = None,
    *,
    outcome: Outcome = "ok",
    actor_id: str | None = None,
    **details: Any,
) -> None:
    """Note that `action` happened to `about` (a kind and an id), by the person who acts now or `actor_id`.

    `details` never hold passwords, tokens or texts of tasks; control characters in them are escaped.
    """
    where = origin()
    kind, key = about or (None, None)
    session.add(
        AuditEvent(
            action=action.value,
            outcome=outcome,
            actor_id=actor_id or where.actor_id,
            via=where.via,
            ip=where.ip[:45] if where.ip else None,
            request_id=where.request_id,
            object_kind=kind,
            object_id=escaped(key)[:80] if key else None,
            details=_plain(details),
        )
    )
    session.flush()


def escaped(text: str) -> str:
    """`text` on one line, at most LONGEST_TEXT characters: nothing in it can start a line of a log or hide."""
    shown = text[:LONGEST_TEXT]
    return "".join(
        letter
        if letter.isprintable() and letter != "\\"
        else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
        for letter in shown
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {escaped(str(name)): _plain(inner) for name, inner in list(value.items())[:MOST_VALUES]}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value[:MOST_VALUES]]
    if value is None or isinstance(value, bool | int | float):
        return value
    return escaped(str(value))
