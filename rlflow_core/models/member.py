"""Who belongs to a project, and how far each annotator has come in its queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now

QUEUE_START_RANK = -1e308
QUEUE_START_ID = "00000000-0000-0000-0000-000000000000"


class ProjectMember(Base):
    """One person in one project; (`wm_rank`, `wm_id`) is the last item taken, so that a claim starts after it.

    `wm_reset_at` is when a look from the start last found nothing; `draws` keeps, per number of outputs, what is
    left of the current block of display orders. Who left (`left_at`) has no access, and keeps the name in results.
    """

    __tablename__ = "project_members"
    __table_args__ = (
        CheckConstraint("role IN ('researcher', 'annotator')", name="role"),
        UniqueConstraint("project_id", "pseudonym"),
    )

    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))
    lanes: Mapped[list[str]] = mapped_column(Json, default=lambda: [""])
    pseudonym: Mapped[str] = mapped_column(String(32))
    wm_rank: Mapped[float] = mapped_column(Float(53), default=QUEUE_START_RANK)
    wm_id: Mapped[str] = mapped_column(Id, default=QUEUE_START_ID)
    wm_reset_at: Mapped[datetime | None] = mapped_column(UtcTime)
    claims: Mapped[int] = mapped_column(Integer, default=0)
    draws: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    joined_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    left_at: Mapped[datetime | None] = mapped_column(UtcTime)
