"""Faults of plugins, kept so that people can see them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, UtcTime, db_now
from rlflow_core.models.ids import new_id


class PluginFailure(Base):
    """One fault: which plugin and component, in which hook or method, with its last traceback."""

    __tablename__ = "plugin_failures"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    plugin: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32), default="")
    key: Mapped[str] = mapped_column(String(64), default="")
    hook: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text)
    traceback: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now(), index=True)
