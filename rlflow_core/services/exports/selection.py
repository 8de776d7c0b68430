"""Which votes, and so which items, an export is made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import (
    CTE,
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    case,
    cast,
    exists,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from rlflow_core.models import (
    AgentOutput,
    Feedback,
    ProjectMember,
    Task,
    TaskAssignment,
    TaskItem,
    TaskVersion,
)
from rlflow_core.services.errors import Invalid
from rlflow_core.services.exports.filters import NO_FILTERS, Filters
from rlflow_core.services.exports.json_sql import array_length, object_elements, text_elements

BATCH_ITEMS = 500
# All that Python's str.strip takes off, so that SQL finds the same answers empty.
WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())

ItemRow = Row[str, str, str, list[str] | None]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a selection holds: numbers of everything, the longest conversation, the roles that speak in them."""

    tasks: int
    items: int
    votes: int
    outputs: int
    empty_outputs: int
    max_messages: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The standing votes of a project that pass `filters`, and the items that they are about."""

    project_id: str
    filters: Filters = NO_FILTERS

    def votes(self) -> list[ColumnElement[bool]]:
        """The conditions on Feedback and its TaskAssignment for votes on items of the selection.

        They do not name the project, which the items imply: a database without statistics would take its index.
        """
        wanted = self.filters
        conditions = standing("vote")
        if wanted.exclude_annotators:
            left_out = select(ProjectMember.user_id).where(
                ProjectMember.project_id == self.project_id,
                ProjectMember.pseudonym.in_(wanted.exclude_annotators),
            )
            conditions.append(Feedback.annotator_id.not_in(left_out))
        if wanted.created_after:
            conditions.append(Feedback.created_at >= wanted.created_after)
        if wanted.created_before:
            conditions.append(Feedback.created_at < wanted.created_before)
        return conditions

    def items(self, dialect: str) -> Select[str, str, str, list[str] | None]:
        """The items that have enough votes, in the order in which their tasks came."""
        return (
            select(TaskItem.id, TaskItem.task_id, TaskItem.task_version_id, TaskItem.outputs)
            .join(Task, Task.id == TaskItem.task_id)
            .where(TaskItem.project_id == self.project_id, *self._of_tasks(dialect), self._is_voted_on())
            .order_by(Task.seq, TaskItem.id)
        )

    def batches(self, session: Session, limit: int | None = None) -> Iterator[list[ItemRow]]:
        """The items in batches of BATCH_ITEMS, at most `limit` items; the database keeps the rest."""
        statement = self.items(dialect_of(session)).limit(limit)
        result = session.execute(statement, execution_options={"yield_per": BATCH_ITEMS})
        for rows in result.partitions():
            yield list(rows)

    def count(self, session: Session) -> Counts:
        """What the selection holds."""
        dialect = dialect_of(session)
        items = self.items(dialect).order_by(None).cte("selected")
        outputs = _outputs_of(items, dialect)
        counted = session.execute(
            select(
                select(func.count(func.distinct(items.c.task_id))).scalar_subquery(),
                select(func.count()).select_from(items).scalar_subquery(),
                self._vote_count(items),
                select(func.count()).select_from(outputs).scalar_subquery(),
                select(func.coalesce(func.sum(outputs.c.is_empty), 0)).scalar_subquery(),
            )
        ).one()
        lengths = _conversations(session, items, dialect)
        longest = max(lengths.values(), default=1)
        tasks, total, votes, shown, empty = counted
        return Counts(tasks, total, votes, shown, int(empty), longest, tuple(sorted(lengths)) or ("user",))

    def has_votes(self, session: Session, at_least: int) -> bool:
        """Whether so many votes pass the filters on votes; it looks at no more than that."""
        found = self._votes_of(Feedback.project_id == self.project_id).limit(at_least).subquery()
        return (session.scalar(select(func.count()).select_from(found)) or 0) >= at_least

    def check(self, session: Session) -> None:
        """Refuse (Invalid) pseudonyms that nobody has in the project: a slip would let their votes through."""
        asked = set(self.filters.exclude_annotators)
        if not asked:
            return
        known = session.scalars(
            select(ProjectMember.pseudonym).where(
                ProjectMember.project_id == self.project_id, ProjectMember.pseudonym.in_(asked)
            )
        )
        unknown = sorted(asked.difference(known))
        if unknown:
            text = f"Nobody in the project has the pseudonym {', '.join(unknown)}."
            raise Invalid("The filters do not fit.", {"filters": {"exclude_annotators": [text]}})

    def _of_tasks(self, dialect: str) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.filters.task_status:
            conditions.append(Task.status.in_(self.filters.task_status))
        if self.filters.tags:
            tags, tag = text_elements(dialect, Task.tags)
            conditions.append(exists(select(1).select_from(tags).where(tag.in_(self.filters.tags))))
        return conditions

    def _votes_of(self, *conditions: ColumnElement[bool]) -> Select[str]:
        return (
            select(Feedback.id)
            .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
            .where(*self.votes(), *conditions)
        )

    def _is_voted_on(self) -> ColumnElement[bool]:
        of_item = self._votes_of(Feedback.item_id == TaskItem.id)
        if self.filters.min_votes <= 1:
            return exists(of_item.correlate(TaskItem))
        count = of_item.with_only_columns(func.count()).correlate(TaskItem).scalar_subquery()
        return count >= self.filters.min_votes

    def _vote_count(self, items: CTE) -> ScalarSelect[int]:
        of_items = self._votes_of(Feedback.item_id.in_(select(items.c.id)))
        return of_items.with_only_columns(func.count()).scalar_subquery()


def standing(purpose: str) -> list[ColumnElement[bool]]:
    """The conditions on Feedback and its TaskAssignment for labels that count."""
    return [Feedback.state == "standing", TaskAssignment.purpose == purpose]


def dialect_of(session: Session) -> str:
    """The kind of database that a session reads."""
    return session.get_bind().dialect.name


def _outputs_of(items: CTE, dialect: str) -> CTE:
    """The outputs that the items show, each once, with whether they are empty."""
    named, output_id = text_elements(dialect, items.c.outputs)
    listed = select(cast(output_id, AgentOutput.id.type)).select_from(items).join(named, true())
    whole_tasks = select(items.c.task_id).where(items.c.outputs.is_(None))
    trim = func.btrim if dialect == "postgresql" else func.trim
    is_empty = case((trim(AgentOutput.output, WHITE_SPACE) == "", 1), else_=0)
    output = select(AgentOutput.id, is_empty.label("is_empty")).where(AgentOutput.error.is_(None))
    return union_all(
        output.where(AgentOutput.task_id.in_(whole_tasks), ~AgentOutput.stale),
        output.where(AgentOutput.id.in_(listed), AgentOutput.task_id.not_in(whole_tasks)),
    ).cte("shown")


def _conversations(session: Session, items: CTE, dialect: str) -> dict[str, int]:
    """The longest conversation in which each role speaks."""
    messages, role = object_elements(dialect, TaskVersion.messages, "role")
    rows = session.execute(
        select(role, func.max(array_length(dialect, TaskVersion.messages)))
        .select_from(TaskVersion)
        .join(messages, true())
        .where(TaskVersion.id.in_(select(items.c.task_version_id)))
        .group_by(role)
    )
    return {str(name): length for name, length in rows}
