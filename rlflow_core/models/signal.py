"""Signals: the typed measurements in a response."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id


class SignalRow(Base):
    """One measurement of (`feedback_id`, `revision`); `n` numbers the measurements of a revision."""

    __tablename__ = "signals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["feedback_id", "revision"], ["feedback_revisions.feedback_id", "feedback_revisions.number"]
        ),
        CheckConstraint(
            "kind IN ('scalar', 'preference', 'rank', 'step', 'label', 'critique', 'revision', 'text')",
            name="kind",
        ),
        Index(
            "ix_signals_other_output_id",
            "other_output_id",
            postgresql_where=text("other_output_id IS NOT NULL"),
            sqlite_where=text("other_output_id IS NOT NULL"),
        ),
    )

    feedback_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    item_id: Mapped[str] = mapped_column(Id, ForeignKey("task_items.id"), index=True)
    schema: Mapped[str] = mapped_column(String(64))
    dimension: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    output_id: Mapped[str | None] = mapped_column(Id, ForeignKey("agent_outputs.id"), index=True)
    other_output_id: Mapped[str | None] = mapped_column(Id, ForeignKey("agent_outputs.id"))
    position: Mapped[int | None] = mapped_column(Integer)
    other_position: Mapped[int | None] = mapped_column(Integer)
    label: Mapped[str | None] = mapped_column(Text)
    value: Mapped[float | None] = mapped_column(Float(53))
    turn: Mapped[int | None] = mapped_column(Integer)
    index: Mapped[int | None] = mapped_column(Integer)
    start: Mapped[int | None] = mapped_column(Integer)
    end: Mapped[int | None] = mapped_column(Integer)
    severity: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str | None] = mapped_column(Text)
