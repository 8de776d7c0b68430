"""Notifications: what happened that a person should know, the same thing told once however often it happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class Notification(Base):
    """One line for one person; while it is unread, what happens again on its `topic` is counted in it.

    `sources` names the newest of what it tells of, so that nothing is told twice; `happened_at` is when the newest did.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('job_done', 'job_failed', 'returned', 'assigned', 'project_finished')", name="kind"
        ),
        Index(
            "uq_notifications_unread",
            "user_id",
            "topic",
            unique=True,
            postgresql_where=text("read_at IS NULL"),
            sqlite_where=text("read_at IS NULL"),
        ),
        Index("ix_notifications_listed", "user_id", "happened_at"),
        Index("ix_notifications_topic", "user_id", "topic"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(32))
    topic: Mapped[str] = mapped_column(String(160))
    project_id: Mapped[str | None] = mapped_column(Id, ForeignKey("projects.id"))
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    sources: Mapped[list[str]] = mapped_column(Json, default=list)
    count: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    happened_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    read_at: Mapped[datetime | None] = mapped_column(UtcTime)
