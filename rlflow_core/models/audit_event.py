"""The audit log: what happened, who did it and from where; rows are only ever added, held by a trigger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class AuditEvent(Base):
    """One event: `actor_id` (nobody where none is known) did `action` to `object_kind` `object_id`, with `outcome`."""

    __tablename__ = "audit_events"
    __table_args__ = (
        CheckConstraint("outcome IN ('ok', 'failed', 'refused')", name="outcome"),
        CheckConstraint("via IN ('web', 'api', 'token', 'cli', 'job')", name="via"),
        Index("ix_audit_events_action", "action", "id"),
        Index("ix_audit_events_actor", "actor_id", "id"),
        Index("ix_audit_events_object", "object_id", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now(), index=True)
    action: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(8))
    actor_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    via: Mapped[str] = mapped_column(String(8))
    ip: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(64))
    object_kind: Mapped[str | None] = mapped_column(String(32))
    object_id: Mapped[str | None] = mapped_column(String(80))
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
