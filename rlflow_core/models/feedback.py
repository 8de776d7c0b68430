"""Feedback: an annotator's submitted response and its revisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
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


class Feedback(Base):
    """The label that an assignment gave; `standing` exactly while its assignment is completed."""

    __tablename__ = "feedback"
    __table_args__ = (
        CheckConstraint("state IN ('standing', 'withdrawn')", name="state"),
        CheckConstraint("source IN ('ui', 'api', 'import')", name="source"),
        CheckConstraint("reward_scalar BETWEEN -1e308 AND 1e308", name="reward_is_finite"),
        Index("ix_feedback_project", "project_id", "id"),
        Index("ix_feedback_annotator", "annotator_id", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    assignment_id: Mapped[str] = mapped_column(Id, ForeignKey("task_assignments.id"), unique=True)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id"), index=True)
    item_id: Mapped[str] = mapped_column(Id, ForeignKey("task_items.id"), index=True)
    annotator_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    component_set_id: Mapped[str | None] = mapped_column(Id, ForeignKey("component_sets.id"))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[str] = mapped_column(String(16), default="standing")
    source: Mapped[str] = mapped_column(String(8))
    reward_scalar: Mapped[float | None] = mapped_column(Float)
    rationale: Mapped[str | None] = mapped_column(Text)
    quality_score: Mapped[float | None] = mapped_column(Float)
    active_ms: Mapped[int | None] = mapped_column(Integer)
    wall_ms: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())


class FeedbackRevision(Base):
    """One submitted response; the newest revision of standing feedback is what counts.

    `announced` is false while plugins that listen to `feedback_submitted` have not heard of it.
    """

    __tablename__ = "feedback_revisions"
    __table_args__ = (
        UniqueConstraint("annotator_id", "idempotency_key"),
        Index(
            "ix_feedback_revisions_unannounced",
            "feedback_id",
            postgresql_where=text("NOT announced"),
            sqlite_where=text("NOT announced"),
        ),
    )

    feedback_id: Mapped[str] = mapped_column(Id, ForeignKey("feedback.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    annotator_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    response: Mapped[dict[str, Any]] = mapped_column(Json)
    body_hash: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    signals_error: Mapped[str | None] = mapped_column(Text)
    announced: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
