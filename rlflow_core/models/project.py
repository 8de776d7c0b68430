"""Projects and their immutable revisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class Project(Base):
    """A collection of tasks that are labeled the same way; its settings are those of revision `revision`.

    `default_for` names the task type whose tasks its creator sends here when they name no project; annotators join
    with `entry_code` where `entry` is "code".
    """

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'open', 'paused', 'completed', 'archived')", name="status"),
        CheckConstraint("entry IN ('members', 'open', 'code')", name="entry"),
        UniqueConstraint("creator_id", "default_for"),
        Index("uq_projects_entry_code", "entry_code", unique=True),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    creator_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), default="open")
    entry: Mapped[str] = mapped_column(String(16), default="members")
    revision: Mapped[int] = mapped_column(Integer, default=1)
    default_for: Mapped[str | None] = mapped_column(String(64))
    entry_code: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())


class ProjectRevision(Base):
    """All settings of a project at one time; never changed, so that every judgement knows what it was made under.

    Components are stored as `{"key", "config"}`; `reward_schemas` as a list of `{"name", "key", "config"}`.
    """

    __tablename__ = "project_revisions"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        CheckConstraint("display_order IN ('random', 'both', 'fixed')", name="display_order"),
        CheckConstraint("wanted >= 0", name="wanted"),
        CheckConstraint("lease_minutes > 0", name="lease_minutes"),
        CheckConstraint("gold_rate >= 0 AND gold_rate <= 1", name="gold_rate"),
        CheckConstraint("repeat_rate >= 0 AND repeat_rate <= 1", name="repeat_rate"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    number: Mapped[int]
    task_type: Mapped[dict[str, Any]] = mapped_column(Json)
    reward_schemas: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    scorers: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    aggregator: Mapped[dict[str, Any]] = mapped_column(Json)
    router: Mapped[dict[str, Any]] = mapped_column(Json)
    pairing: Mapped[str] = mapped_column(String(32))
    wanted: Mapped[int]
    lease_minutes: Mapped[int]
    max_skips: Mapped[int]
    hide_models: Mapped[bool] = mapped_column(Boolean)
    display_order: Mapped[str] = mapped_column(String(8))
    gold_rate: Mapped[float] = mapped_column(Float)
    repeat_rate: Mapped[float] = mapped_column(Float)
    reveal: Mapped[bool] = mapped_column(Boolean)
    guidelines: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
