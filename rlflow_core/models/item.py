"""Items: what one judgement is about, and how many judgements are still wanted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, Json, UtcTime, db_now
from rlflow_core.models.ids import new_id


class TaskItem(Base):
    """A task version and the outputs shown together (`outputs`: their ids; null: all of the task's).

    `places_left` = `wanted` − votes that are leased or completed, always; negative where `wanted` was lowered.
    `version` rises with every change of the item's votes, so that derived numbers know what they saw. Parked items
    are not handed out. `ranked_revision` is the project revision whose router gave `rank`; null: none has yet.
    """

    __tablename__ = "task_items"
    __table_args__ = (
        CheckConstraint("wanted >= 0", name="wanted"),
        CheckConstraint("places_left <= wanted", name="places_left"),
        Index(
            "ix_task_items_open",
            "project_id",
            "lane",
            "rank",
            "id",
            postgresql_where=text("places_left > 0"),
            sqlite_where=text("places_left > 0"),
        ),
        Index(
            "ix_task_items_ranked",
            "project_id",
            "ranked_revision",
            "id",
            postgresql_where=text("places_left > 0"),
            sqlite_where=text("places_left > 0"),
        ),
        Index(
            "ix_task_items_parked",
            "project_id",
            "parked_at",
            postgresql_where=text("parked_at IS NOT NULL"),
            sqlite_where=text("parked_at IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"))
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id"), index=True)
    task_version_id: Mapped[str] = mapped_column(Id, ForeignKey("task_versions.id"), index=True)
    outputs: Mapped[list[str] | None] = mapped_column(Json)
    lane: Mapped[str] = mapped_column(String(64), default="")
    rank: Mapped[float] = mapped_column(Float(53))
    ranked_revision: Mapped[int | None]
    wanted: Mapped[int] = mapped_column(Integer)
    places_left: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, default=0)
    parked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())
