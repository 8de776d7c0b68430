"""Invitations: links by which people make an account where not everybody may."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, UtcTime, db_now
from rlflow_core.models.ids import new_id


class Invitation(Base):
    """One invitation, for one account with `role`; `email`, where given, is the only address that may use it."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("role IN ('researcher', 'annotator', 'admin')", name="role"),
        Index(
            "ix_invitations_open",
            "expires_at",
            postgresql_where=text("used_at IS NULL AND revoked_at IS NULL"),
            sqlite_where=text("used_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str | None] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(16))
    project_id: Mapped[str | None] = mapped_column(Id, ForeignKey("projects.id"), index=True)
    created_by: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    used_by: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
