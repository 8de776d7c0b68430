"""Jobs: the rows that say what has to be done; the message broker only carries "go and look"."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class Job(Base):
    """One piece of slow work; at most one is queued per (`kind`, `subject`), so that bursts fold into one.

    `not_before` delays a job (debouncing), `heartbeat_at` tells a live worker from a dead one.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index(
            "uq_jobs_queued",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("state = 'queued'"),
            sqlite_where=text("state = 'queued'"),
        ),
        Index(
            "ix_jobs_live",
            "state",
            "not_before",
            postgresql_where=text("state IN ('queued', 'running')"),
            sqlite_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(80))
    queue: Mapped[str] = mapped_column(String(16), default="default")
    args: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(String(16), default="queued")
    progress: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    worker: Mapped[str | None] = mapped_column(String(200))
    cancel_requested: Mapped[bool] = mapped_column(Boolean, default=False)
    error: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    project_id: Mapped[str | None] = mapped_column(Id, ForeignKey("projects.id"), index=True)
    created_by: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    component_set_id: Mapped[str | None] = mapped_column(Id, ForeignKey("component_sets.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    not_before: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
