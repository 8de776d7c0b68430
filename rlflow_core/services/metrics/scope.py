"""What a dashboard is about: some projects, a period, and the conditions that say so in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    cast,
    false,
    func,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from rlflow_core.models import Feedback, Project, SignalRow, TaskAssignment
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services.metrics.period import Wanted
from rlflow_core.services.projects import visible_to


@dataclass(frozen=True, slots=True)
class Scope:
    """The projects that `viewer` may manage, or the one of them that `project_id` names, within a period."""

    viewer: Viewer
    project_id: str | None
    period: Wanted

    @property
    def projects(self) -> Select[str]:
        """The ids of the projects."""
        query = visible_to(self.viewer).with_only_columns(Project.id)
        return query if self.project_id is None else query.where(Project.id == self.project_id)

    def of(self, column: SQLColumnExpression[str] | SQLColumnExpression[str | None]) -> ColumnElement[bool]:
        """Whether a row's project is one of these; access to a single project is checked before."""
        return column == self.project_id if self.project_id is not None else column.in_(self.projects)

    def within(self, column: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
        """Whether a row's time lies in the period."""
        since, until = self.period.since, self.period.until
        return and_(true() if since is None else column >= since, true() if until is None else column < until)

    def before(self, column: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
        """Whether a row's time lies before the period."""
        return false() if self.period.since is None else column < self.period.since

    def votes(self) -> Select[Any]:
        """The standing votes of these projects, of all time: feedback with its assignment."""
        return (
            select()
            .select_from(Feedback)
            .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
            .where(
                self.of(Feedback.project_id), Feedback.state == "standing", TaskAssignment.purpose == "vote"
            )
        )

    def signals(self) -> Select[Any]:
        """The signals of the standing votes of these projects, of all time."""
        newest = (SignalRow.feedback_id == Feedback.id) & (SignalRow.revision == Feedback.revision)
        return self.votes().join(SignalRow, newest)


class utc_text(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it is
    """A time in UTC as text that begins with `YYYY-MM-DD HH:MM`."""

    inherit_cache = True


@compiles(utc_text, "postgresql")
def _on_postgresql(element: utc_text, compiler: SQLCompiler, **kwargs: Any) -> str:
    moment = compiler.process(element.clauses, **kwargs)
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')"


@compiles(utc_text, "sqlite")
def _on_sqlite(element: utc_text, compiler: SQLCompiler, **kwargs: Any) -> str:
    return compiler.process(element.clauses, **kwargs)


def whole(values: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """The sum of whole numbers as a whole number, 0 without rows; PostgreSQL adds them up to a decimal."""
    return func.coalesce(cast(func.sum(values), BigInteger), 0)
