"""The names of constraints and indexes are the same on both databases, so that later migrations can use them."""

from flask import Flask
from sqlalchemy import Inspector, inspect

from rlflow_core.extensions import db


def names(inspector: Inspector) -> set[str]:
    found: set[str | None] = set()
    for table in inspector.get_table_names():
        found |= {inspector.get_pk_constraint(table)["name"]}
        found |= {index["name"] for index in inspector.get_indexes(table)}
        found |= {check["name"] for check in inspector.get_check_constraints(table)}
        found |= {unique["name"] for unique in inspector.get_unique_constraints(table)}
        found |= {foreign["name"] for foreign in inspector.get_foreign_keys(table)}
    return {name for name in found if name and name != "alembic_version_pkc"}


def test_no_name_differs_from_that_in_the_models(app: Flask) -> None:
    expected = {
        str(part.name)
        for table in db.metadata.tables.values()
        for part in [*table.constraints, *table.indexes]
    }
    with app.app_context():
        # PostgreSQL lists the index behind each unique constraint as well, under the same name.
        assert names(inspect(db.engine)) == expected
