"""Sign-ins: web sessions, refresh families, and one-time links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, UtcTime, db_now
from rlflow_core.models.ids import new_id


class SignIn(Base):
    """One sign-in: a web session (its cookie's hash) or a refresh family (the hash of its newest token)."""

    __tablename__ = "sessions"
    __table_args__ = (CheckConstraint("kind IN ('web', 'api')", name="kind"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    previous_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    rotated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    csrf_token: Mapped[str | None] = mapped_column(String(64))
    token_version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    seen_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ip: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(200))


class OneTimeLink(Base):
    """A link that signs one person in once, lets them choose a password, or lets the first admin set the system up."""

    __tablename__ = "one_time_links"
    __table_args__ = (CheckConstraint("purpose IN ('setup', 'sign_in', 'password')", name="purpose"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
