"""The declarative base of all tables, and the column types and time functions that both databases share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import CHAR, JSON, DateTime, Dialect, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class Base(DeclarativeBase):
    """Every table of RLFlow; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Id(TypeDecorator[str]):
    """A UUID key: `uuid` on PostgreSQL, its canonical text elsewhere; text in Python."""

    impl = CHAR(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The native type of the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=False))
        return dialect.type_descriptor(CHAR(36))


class UtcTime(TypeDecorator[datetime]):
    """A point in time, always aware and in UTC in Python; text that sorts by time on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The native type of the database."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC, without its zone where the database has none."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time, aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
"""A JSON value: JSONB on PostgreSQL, text elsewhere; Python None is SQL NULL."""


class db_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The time by the clock of the database."""

    type = UtcTime()
    inherit_cache = True


class db_later(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """`db_later(seconds)`: the time of the database's clock after so many seconds (negative: before)."""

    type = UtcTime()
    inherit_cache = True


@compiles(db_now, "postgresql")
def _now_on_postgresql(element: db_now, compiler: SQLCompiler, **kwargs: Any) -> str:
    return "now()"


@compiles(db_now, "sqlite")
def _now_on_sqlite(element: db_now, compiler: SQLCompiler, **kwargs: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


@compiles(db_later, "postgresql")
def _later_on_postgresql(element: db_later, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"(now() + make_interval(secs => {compiler.process(element.clauses, **kwargs)}))"


@compiles(db_later, "sqlite")
def _later_on_sqlite(element: db_later, compiler: SQLCompiler, **kwargs: Any) -> str:
    seconds = compiler.process(element.clauses, **kwargs)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', ({seconds}) || ' seconds')"


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that are not about single objects."""
    return cast(Table, model.__table__)
