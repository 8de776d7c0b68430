"""The two database sessions: `read` for everything that looks, `transact` for short writes around SQL only.

Without BEGIN IMMEDIATE writers on SQLite lose updates; with it on reads, one long read would stop every submit.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from flask import Flask, current_app, g, has_app_context
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from rlflow_core.config import SettingsError
from rlflow_core.models import Base

P = ParamSpec("P")
R = TypeVar("R")

# Components compute with numpy: its numbers are numbers.
JSON_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
JSON_CODEC: dict[str, Any] = {
    "json_serializer": lambda value: orjson.dumps(value, option=JSON_OPTIONS).decode(),
    "json_deserializer": orjson.loads,
}
SERIALISATION_FAILURES = {"40001", "40P01"}
ATTEMPTS = 6
AFTER_COMMIT = "after_commit"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engines:
    """The two engines of one app: transactions of `read` cannot write.

    SQLite has one writer at a time and is no fair judge of who waits: writers of one process queue at `turn`.
    """

    read: Engine
    write: Engine
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)


class Database:
    """The database of the current app behind a reading and a writing engine."""

    metadata = Base.metadata

    def init_app(self, app: Flask, url: str) -> None:
        """Connect `app` to `url`; nothing is sent before the first use."""
        app.extensions["database"] = _engines(url)
        app.teardown_appcontext(self._end_request)

    @property
    def engines(self) -> Engines:
        """Both engines of the current app."""
        engines: Engines = current_app.extensions["database"]
        return engines

    @property
    def engine(self) -> Engine:
        """The engine whose transactions may write (the one that migrations use)."""
        return self.engines.write

    @property
    def is_postgresql(self) -> bool:
        """Whether PostgreSQL holds the data (else SQLite)."""
        return self.engine.dialect.name == "postgresql"

    def dispose(self) -> None:
        """Close all idle connections of the current app."""
        self.engines.read.dispose()
        self.engines.write.dispose()

    def forget_connections(self) -> None:
        """Open new connections from here on and leave the old ones to the process that this one was forked from."""
        self.engines.read.dispose(close=False)
        self.engines.write.dispose(close=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A reading session of its own, for jobs and streams that outlive a request."""
        with Session(self.engines.read, expire_on_commit=False) as session:
            yield session

    @property
    def read(self) -> Session:
        """The reading session of this request (or application context), opened at first use."""
        if "read_session" not in g:
            g.read_session = Session(self.engines.read, expire_on_commit=False)
        session: Session = g.read_session
        return session

    def transact(self, work: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `work(session, ...)` returns, committed; repeated when the database asks for it."""
        self._end_request()
        for attempt in range(ATTEMPTS):
            try:
                with self.engines.turn, Session(self.engine, expire_on_commit=False) as session:
                    result = work(session, *args, **kwargs)
                    session.commit()
                    callbacks = session.info.get(AFTER_COMMIT, ())
                _run_after_commit(callbacks)
                return result
            except DBAPIError as error:
                if (
                    attempt == ATTEMPTS - 1
                    or getattr(error.orig, "sqlstate", "") not in SERIALISATION_FAILURES
                ):
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    def _end_request(self, _error: BaseException | None = None) -> None:
        if has_app_context() and "read_session" in g:
            g.pop("read_session").close()


def after_commit(session: Session, callback: Callable[[], object]) -> None:
    """Run `callback` once `transact` has committed `session`; nothing runs after a rollback."""
    session.info.setdefault(AFTER_COMMIT, []).append(callback)


def _run_after_commit(callbacks: Iterable[Callable[[], object]]) -> None:
    for callback in callbacks:
        try:
            callback()
        except Exception:
            # The work is stored: its caller must not hear that it failed.
            log.exception("A step after a commit failed; the commit stands.")


def _engines(url: str) -> Engines:
    if url.startswith("sqlite"):
        database = make_url(url).database
        if not database or database == ":memory:":
            raise SettingsError(
                "DATABASE_URL must name a file: an in-memory SQLite database has one connection."
            )
        Path(database).parent.mkdir(parents=True, exist_ok=True)
        return Engines(
            read=_sqlite_engine(url, begin="BEGIN", query_only=True),
            write=_sqlite_engine(url, begin="BEGIN IMMEDIATE", query_only=False),
            turn=threading.RLock(),
        )
    # Our statements touch few rows each: compiling them takes longer than running them.
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        pool_timeout=5,
        connect_args={"options": "-c jit=off"},
        **JSON_CODEC,
    )
    return Engines(read=engine.execution_options(postgresql_readonly=True), write=engine)


def _sqlite_engine(url: str, *, begin: str, query_only: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=20,
        pool_timeout=5,
        connect_args={"timeout": 5, "check_same_thread": False},
        **JSON_CODEC,
    )
    event.listen(engine, "connect", _sqlite_settings(query_only=query_only))
    event.listen(engine, "begin", _begin(begin))
    return engine


def _sqlite_settings(*, query_only: bool) -> Callable[[Any, Any], None]:
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("PRAGMA foreign_keys = ON")
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    return on_connect


def _begin(statement: str) -> Callable[[Connection], None]:
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return on_begin
