"""Scores: numbers that scorers computed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class ScoreRow(Base):
    """The newest value of one metric of one subject, with the component version and config that made it."""

    __tablename__ = "scores"
    __table_args__ = (
        UniqueConstraint("project_id", "scorer", "scope", "subject", "dimension", "metric"),
        CheckConstraint("scope IN ('feedback', 'task', 'annotator', 'project')", name="scope"),
        CheckConstraint("(value IS NULL) = (reason IS NOT NULL)", name="reason"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    scorer: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(Id)
    dimension: Mapped[str] = mapped_column(String(130))
    metric: Mapped[str] = mapped_column(String(64))
    value: Mapped[float | None] = mapped_column(Float(53))
    reason: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    component_version_id: Mapped[str] = mapped_column(Id, ForeignKey("component_versions.id"))
    config_hash: Mapped[str] = mapped_column(String(64))
    computed_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
