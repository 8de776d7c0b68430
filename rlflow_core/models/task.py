"""Tasks and their immutable versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
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


class Task(Base):
    """One thing to be judged; `prompt` is the plain text of version `version`, `seq` the order of arrival.

    `announced` is false while plugins that listen to `task_opened` have not heard of it.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("project_id", "key"),
        UniqueConstraint("project_id", "seq"),
        CheckConstraint("status IN ('draft', 'open', 'paused', 'completed', 'archived')", name="status"),
        Index("ix_tasks_project_status", "project_id", "status", "id"),
        Index(
            "ix_tasks_unannounced",
            "project_id",
            "seq",
            postgresql_where=text("NOT announced"),
            sqlite_where=text("NOT announced"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    seq: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    creator_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), index=True)
    type: Mapped[str] = mapped_column(String(64))
    prompt: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), default="open")
    priority: Mapped[int] = mapped_column(Integer, default=0)
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", Json, default=dict)
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    version: Mapped[int] = mapped_column(Integer, default=1)
    import_id: Mapped[str | None] = mapped_column(Id, ForeignKey("imports.id"), index=True)
    key: Mapped[str | None] = mapped_column(String(200))
    announced: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    updated_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())


class TaskVersion(Base):
    """The content of a task at one version; never changed. `messages` is what models were asked."""

    __tablename__ = "task_versions"
    __table_args__ = (UniqueConstraint("task_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    messages_hash: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
