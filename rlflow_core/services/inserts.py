"""Many rows of several tables, collected first and inserted by a statement per table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from rlflow_core.models import (
    AgentOutput,
    Base,
    Feedback,
    FeedbackRevision,
    ProjectRevision,
    SignalRow,
    Task,
    TaskAssignment,
    TaskItem,
    TaskVersion,
    table_of,
)

Row = dict[str, Any]
# Parents before children, as the foreign keys ask for it.
TABLES: tuple[type[Base], ...] = (
    Task,
    TaskVersion,
    AgentOutput,
    TaskItem,
    TaskAssignment,
    Feedback,
    FeedbackRevision,
    SignalRow,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What the rows of one insert share; `annotators` maps the names in votes to user ids."""

    revision: ProjectRevision
    creator_id: str
    now: datetime
    import_id: str | None = None
    component_set_id: str | None = None
    annotators: Mapping[str, str] = field(default_factory=dict)
    tasks_announced: bool = True
    votes_announced: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by table, inserted parents first."""

    by_table: dict[type[Base], list[Row]] = field(default_factory=lambda: {table: [] for table in TABLES})

    def add(self, table: type[Base], rows: Iterable[Row]) -> None:
        """Add rows of a table; all rows of one table must have the same columns."""
        self.by_table[table].extend(rows)

    def insert(self, session: Session) -> None:
        """Insert everything, one statement per table."""
        for table, rows in self.by_table.items():
            if rows:
                session.execute(insert(table_of(table)), rows)
