"""Exports in the audit log: who made which rows into a file, and who took the file away."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from rlflow_core.services import audit
from rlflow_core.services.audit import Action
from rlflow_core.services.exports.requests import Export


def note_made(session: Session, export: Export) -> None:
    """Record that the export is ready, in the transaction that makes it so."""
    audit.record(
        session,
        Action.EXPORT_MADE,
        ("export", export.id),
        actor_id=export.created_by,
        **_what(export),
    )


def note_download(session: Session, export: Export, name: str) -> None:
    """Record that the person who acts now takes the file `name` of the export."""
    audit.record(session, Action.EXPORT_DOWNLOADED, ("export", export.id), file=name, **_what(export))


def _what(export: Export) -> dict[str, Any]:
    return {
        "project": export.project,
        "layout": export.layout,
        "format": export.format,
        "filters": export.filters,
        "rows": export.rows,
    }
