"""What the database is asked while something runs: statements counted, write transactions caught."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event

from rlflow_core.database import Engines


@dataclass
class Asked:
    """The statements, and how many transactions that may write were begun."""

    statements: list[str] = field(default_factory=list)
    write_transactions: int = 0

    def __len__(self) -> int:
        return len(self.statements)


@contextmanager
def asked_of(app: Flask) -> Iterator[Asked]:
    """What `app` asks its database within the block."""
    engines: Engines = app.extensions["database"]
    asked = Asked()

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.statements.append(statement)

    def on_begin(connection: Connection) -> None:
        reads_only = connection.engine is not engines.write or bool(
            connection.get_execution_options().get("postgresql_readonly")
        )
        asked.write_transactions += not reads_only

    listened = _engines_of(engines)
    for engine in listened:
        event.listen(engine, "before_cursor_execute", on_statement)
        event.listen(engine, "begin", on_begin)
    try:
        yield asked
    finally:
        for engine in listened:
            event.remove(engine, "before_cursor_execute", on_statement)
            event.remove(engine, "begin", on_begin)


def _engines_of(engines: Engines) -> list[Engine]:
    # On PostgreSQL the reading engine is the writing one with options, and passes its events on.
    return [engines.write] if engines.write.dialect.name == "postgresql" else [engines.read, engines.write]
