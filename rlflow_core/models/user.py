"""People (and models, and annotators known from imported files) who act in RLFlow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, UtcTime, db_now
from rlflow_core.models.ids import new_id


class User(Base):
    """An account; `email` is in canonical form, `token_version` rises when all its sessions must end."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('researcher', 'annotator', 'admin')", name="role"),
        CheckConstraint("kind IN ('human', 'model', 'imported')", name="kind"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16), default="human")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    token_version: Mapped[int] = mapped_column(Integer, default=0)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
