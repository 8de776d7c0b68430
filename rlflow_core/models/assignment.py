"""Assignments: one annotator's attempt at one item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id

PURPOSES = ("vote", "repeat", "gold", "practice", "judge", "adjudication")
STATES = ("leased", "completed", "skipped", "expired", "withdrawn")


class TaskAssignment(Base):
    """An attempt, made when the item is taken; it keeps what was shown, in which order, under which settings.

    `shown` lists the output ids as displayed, `blinded` what was hidden, `active_ms` the time counted so far.
    """

    __tablename__ = "task_assignments"
    __table_args__ = (
        UniqueConstraint("item_id", "annotator_id", "pass_no"),
        CheckConstraint(
            "purpose IN ('vote', 'repeat', 'gold', 'practice', 'judge', 'adjudication')", name="purpose"
        ),
        CheckConstraint("state IN ('leased', 'completed', 'skipped', 'expired', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("state <> 'completed' OR completed_at IS NOT NULL", name="completed"),
        CheckConstraint("(pass_no > 0) = (purpose = 'repeat')", name="pass_no"),
        Index(
            "ix_task_assignments_due",
            "project_id",
            "lease_until",
            postgresql_where=text("state = 'leased'"),
            sqlite_where=text("state = 'leased'"),
        ),
        Index("ix_task_assignments_mine", "annotator_id", "state", "completed_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(Id, ForeignKey("task_items.id"))
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id"), index=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    annotator_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    pass_no: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int] = mapped_column(Integer, default=1)
    task_version_id: Mapped[str] = mapped_column(Id, ForeignKey("task_versions.id"), index=True)
    project_revision_id: Mapped[str] = mapped_column(Id, ForeignKey("project_revisions.id"))
    component_set_id: Mapped[str | None] = mapped_column(Id, ForeignKey("component_sets.id"))
    shown: Mapped[list[str] | None] = mapped_column(Json)
    blinded: Mapped[dict[str, Any] | None] = mapped_column(Json)
    assigned_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    postponed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    returned: Mapped[bool] = mapped_column(Boolean, default=False)
    skip_reason: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)
    active_ms: Mapped[int] = mapped_column(Integer, default=0)
