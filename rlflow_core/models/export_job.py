"""Exports: files made from labels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class ExportJob(Base):
    """One export: what was asked (`layout`, `format` = container, `config`, `filters`) and the file it became.

    `status` is that of the end; until then the job of `job_id` knows how far it is.
    """

    __tablename__ = "export_jobs"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'ready', 'failed', 'cancelled')", name="status"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"), index=True)
    created_by: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    layout: Mapped[str] = mapped_column(String(64))
    format: Mapped[str] = mapped_column(String(16))
    config: Mapped[dict[str, Any]] = mapped_column(Json)
    filters: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(String(16), default="queued")
    job_id: Mapped[str | None] = mapped_column(Id, ForeignKey("jobs.id"))
    error: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    dropped: Mapped[dict[str, Any] | None] = mapped_column(Json)
    file_url: Mapped[str | None] = mapped_column(String(255))
    sha256: Mapped[str | None] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any] | None] = mapped_column(Json)
    component_set_id: Mapped[str | None] = mapped_column(Id, ForeignKey("component_sets.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
