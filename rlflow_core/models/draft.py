"""Drafts: what an annotator has answered so far."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now


class Draft(Base):
    """The newest unsent answer of an assignment, as the form's fields; it outlives the lease."""

    __tablename__ = "drafts"

    assignment_id: Mapped[str] = mapped_column(Id, ForeignKey("task_assignments.id"), primary_key=True)
    response: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(Integer, default=1)
    saved_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
