"""One unchanging view of the database for as long as an export reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from rlflow_core.extensions import db

ISOLATION = {"postgresql": "REPEATABLE READ"}
# A client that stops reading must not hold back the cleaning of dead rows for longer than this.
LIMITS = {
    "postgresql": (
        "SET LOCAL idle_in_transaction_session_timeout = '10min'",
        "SET LOCAL statement_timeout = '10min'",
    )
}


def _read_ids_as_text(connection: Connection) -> None:
    # Ids are texts everywhere in Python: making UUID objects of them first takes a fifth of the time of an export.
    driver_connection = connection.connection.driver_connection
    assert isinstance(driver_connection, psycopg.Connection)
    driver_connection.adapters.register_loader("uuid", TextLoader)


@contextmanager
def snapshot() -> Iterator[Session]:
    """A reading session on a connection of its own that sees one committed state until it is closed.

    It opens within an application context and does not need one afterwards.
    """
    engine = db.engines.read
    dialect = engine.dialect.name
    with engine.connect() as connection:
        if dialect in ISOLATION:
            connection = connection.execution_options(isolation_level=ISOLATION[dialect])
            _read_ids_as_text(connection)
        with Session(connection, expire_on_commit=False) as session:
            for limit in LIMITS.get(dialect, ()):
                session.execute(text(limit))
            yield session
