"""How migrations say what most columns and indexes are; names come from the naming convention of the models."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Id


def key() -> sa.Column[str]:
    """The `id` of a table."""
    return sa.Column("id", Id, primary_key=True)


def required(name: str, type_: Any, **options: Any) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, type_, nullable=False, **options)


def refers(name: str, target: str, *, nullable: bool = False, **options: Any) -> sa.Column[str]:
    """A column that holds the key of a row at `target`, a "table.column"."""
    return sa.Column(name, Id, sa.ForeignKey(target), nullable=nullable, **options)


def partial_index(name: str, where: str, *columns: str, unique: bool = False) -> sa.Index:
    """An index of the rows that `where` is true for, the same on both databases."""
    condition = sa.text(where)
    return sa.Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


def replace_check(table: str, name: str, condition: str) -> None:
    """Let the check `name` of `table` be `condition`; SQLite knows no such change, so there the table is remade."""
    full_name = op.f(f"ck_{table}_{name}")
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(full_name, type_="check")
        batch.create_check_constraint(full_name, condition)
