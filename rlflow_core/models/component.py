"""Provenance: which versions of which components were in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class ComponentVersion(Base):
    """One version of one component, with the distribution it came in and a hash of its code."""

    __tablename__ = "component_versions"
    __table_args__ = (
        # The name that the convention makes is longer than PostgreSQL's 63 letters.
        UniqueConstraint(
            "kind",
            "key",
            "version",
            "distribution",
            "distribution_version",
            "code_hash",
            name="uq_component_versions_identity",
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(64))
    distribution: Mapped[str] = mapped_column(String(200))
    distribution_version: Mapped[str] = mapped_column(String(64))
    code_hash: Mapped[str] = mapped_column(String(64))
    first_seen_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())


class ComponentSet(Base):
    """All component versions that a process had loaded; `hash` identifies the set, `members` lists version ids."""

    __tablename__ = "component_sets"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    members: Mapped[list[Any]] = mapped_column(Json)
    first_seen_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
