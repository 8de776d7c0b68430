"""The queue's tables, the conditions that several statements share, and how statements are run.

Statements are built once per process, from tables and not from mapped classes, and get their values by name: built
at each call a claim took three times as long, all of it while the database was held.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    CursorResult,
    Executable,
    Row,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from rlflow_core.models import (
    AgentOutput,
    Feedback,
    Project,
    ProjectMember,
    ProjectRevision,
    ProjectTally,
    Task,
    TaskAssignment,
    TaskItem,
    User,
    table_of,
)

ASSIGNMENTS = table_of(TaskAssignment)
FEEDBACK = table_of(Feedback)
ITEMS = table_of(TaskItem)
MEMBERS = table_of(ProjectMember)
OUTPUTS = table_of(AgentOutput)
PROJECTS = table_of(Project)
REVISIONS = table_of(ProjectRevision)
TALLIES = table_of(ProjectTally)
TASKS = table_of(Task)
USERS = table_of(User)


class is_among(FunctionElement[bool]):  # noqa: N801 - reads as the SQL function it is
    """`is_among(text, array)`: whether a text is an element of a JSON array; an index on the text serves it."""

    # It has no type: a boolean would be compared with 1 on SQLite, and no index serves that.
    inherit_cache = True


@compiles(is_among, "postgresql")
def _on_postgresql(element: is_among, compiler: SQLCompiler, **kwargs: Any) -> str:
    text, array = (compiler.process(part, **kwargs) for part in element.clauses)
    return f"{text} = ANY (ARRAY(SELECT jsonb_array_elements_text({array})))"


@compiles(is_among, "sqlite")
def _on_sqlite(element: is_among, compiler: SQLCompiler, **kwargs: Any) -> str:
    text, array = (compiler.process(part, **kwargs) for part in element.clauses)
    return f"{text} IN (SELECT value FROM json_each({array}))"  # noqa: S608 - made of columns


AnyRow = Row[*tuple[Any, ...]]
Values = Mapping[str, Any]

ZERO: ColumnElement[int] = literal_column("0")
ONE: ColumnElement[int] = literal_column("1")

# SQLite, and the generic plans of PostgreSQL, use a partial index only where its condition is written out.
IS_LEASED = ASSIGNMENTS.c.state == literal_column("'leased'")
HAS_PLACES = ITEMS.c.places_left > ZERO
IS_VOTE = ASSIGNMENTS.c.purpose == literal_column("'vote'")
IS_OWN_WORK = ASSIGNMENTS.c.purpose.in_(("vote", "repeat", "gold", "practice"))
"""What annotators do on their own pages; a judge or an adjudicator is given work elsewhere."""

# Sub-selects, because joins could be turned into a plan that reads whole tables. Under COALESCE, because PostgreSQL
# takes that for true every other time: it believes that IS NULL and = are hardly ever true, expects to search long
# for the first row, and compiles the plan first, which takes a hundred times as long as the search.
_TASK_IS_OPEN = select(TASKS.c.status == literal_column("'open'")).where(TASKS.c.id == ITEMS.c.task_id)
HAS_OPEN_TASK = func.coalesce(_TASK_IS_OPEN.correlate(ITEMS).scalar_subquery(), false())
IS_OPEN = and_(HAS_PLACES, ITEMS.c.parked_at.is_(None), HAS_OPEN_TASK)
"""An item has places that may be handed out: it is not parked, and its task is open."""

_IS_NOT_NEW = (
    select(false())
    .where(
        ASSIGNMENTS.c.item_id == ITEMS.c.id,
        ASSIGNMENTS.c.annotator_id == bindparam("me"),
        ~and_(ASSIGNMENTS.c.state == literal_column("'expired'"), IS_VOTE),
    )
    .correlate(ITEMS)
    .limit(ONE)
)
IS_NEW_TO_ME = func.coalesce(_IS_NOT_NEW.scalar_subquery(), true())
"""The annotator `me` has had nothing to do with the item but votes that expired."""
IS_MY_MEMBERSHIP = and_(
    MEMBERS.c.user_id == bindparam("me"),
    MEMBERS.c.project_id.in_(bindparam("projects", expanding=True)),
    MEMBERS.c.left_at.is_(None),
)
IS_IN_MY_LANES = and_(ITEMS.c.project_id == MEMBERS.c.project_id, is_among(ITEMS.c.lane, MEMBERS.c.lanes))
"""An item is one that the member whose row is read may be given."""


def is_any(found: Select[Any] | CompoundSelect[Any]) -> ColumnElement[bool]:
    """Whether there is such a row; not by EXISTS, for which PostgreSQL may read the whole table first."""
    return found.limit(ONE).scalar_subquery().is_not(None)


def rows(session: Session, statement: Executable, values: Values) -> list[AnyRow]:
    """All rows that `statement` gives."""
    return list(session.execute(statement, values).all())


def row(session: Session, statement: Executable, values: Values) -> AnyRow | None:
    """The one row that `statement` gives, if any."""
    return session.execute(statement, values).one_or_none()


def change(session: Session, statement: Executable, values: Values) -> int:
    """The number of rows that `statement` changed."""
    result = session.execute(statement, values)
    return cast(CursorResult[Any], result).rowcount


def change_one(session: Session, statement: Executable, values: Values) -> None:
    """Change exactly the one row that is held."""
    changed = change(session, statement, values)
    if changed != 1:
        raise RuntimeError(
            f"A row that this transaction holds was changed by somebody else ({changed} rows)."
        )
