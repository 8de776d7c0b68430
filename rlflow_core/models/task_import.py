"""Imports: files of tasks, outputs and votes, and the lines that were refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from rlflow_core.models.columns import Base, Id, UtcTime, db_now
from rlflow_core.models.ids import new_id


class TaskImport(Base):
    """One imported file; `stored_as` is its server-made name in the data folder while it is needed."""

    __tablename__ = "imports"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id"), index=True)
    created_by: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    file_name: Mapped[str] = mapped_column(String(255))
    stored_as: Mapped[str] = mapped_column(String(80))
    lines: Mapped[int] = mapped_column(Integer, default=0)
    tasks: Mapped[int] = mapped_column(Integer, default=0)
    outputs: Mapped[int] = mapped_column(Integer, default=0)
    empty_outputs: Mapped[int] = mapped_column(Integer, default=0)
    votes: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=db_now())


class ImportProblem(Base):
    """One refused line of an import: its number counted from 1, the field where known, and the reason."""

    __tablename__ = "import_problems"

    import_id: Mapped[str] = mapped_column(Id, ForeignKey("imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text)
