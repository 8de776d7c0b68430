"""What models answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class AgentOutput(Base):
    """One answer of one model to one version of a task, with who made it and how; `index` is its fixed place."""

    __tablename__ = "agent_outputs"
    __table_args__ = (UniqueConstraint("task_id", "index"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id"))
    task_version: Mapped[int]
    index: Mapped[int]
    model_id: Mapped[str | None] = mapped_column(String(200))
    provider: Mapped[str | None] = mapped_column(String(64))
    parameters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    seed: Mapped[int | None] = mapped_column(BigInteger)
    messages_hash: Mapped[str | None] = mapped_column(String(64))
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    prompt_tokens: Mapped[int | None] = mapped_column(Integer)
    completion_tokens: Mapped[int | None] = mapped_column(Integer)
    cost: Mapped[float | None] = mapped_column(Float)
    output: Mapped[str] = mapped_column(Text)
    segments: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    finish_reason: Mapped[str | None] = mapped_column(String(64))
    stale: Mapped[bool] = mapped_column(Boolean, default=False)
    error: Mapped[str | None] = mapped_column(Text)
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", Json, default=dict)
    generated_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
