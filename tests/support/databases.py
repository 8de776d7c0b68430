"""Migrated databases for tests: made once per test process, copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import psycopg
from psycopg import sql
from servers import database_url, postgresql_url

from rlflow_core.app import create_app
from rlflow_core.config import Settings, load_settings
from rlflow_core.extensions import db
from rlflow_core.models import new_id

SECRETS = {
    "RLFLOW_SECRET_KEY": "tests only: 7f1c9be24a60d853 secret",
    "RLFLOW_JWT_SECRET_KEY": "tests only: 90ad7b35c1f2e648 tokens",
}


def settings_for(url: str, data_dir: Path, **environ: str) -> Settings:
    """Settings of a test instance; bcrypt is cheap, because its cost is not what is tested."""
    return load_settings(
        {
            **SECRETS,
            "RLFLOW_ENV": "test",
            "RLFLOW_BCRYPT_COST": "4",
            "RLFLOW_DATABASE_URL": url,
            "RLFLOW_DATA_DIR": str(data_dir),
            **environ,
        }
    )


def migrate(url: str, data_dir: Path) -> None:
    """Bring the database at `url` to the newest migration."""
    app = create_app(settings_for(url, data_dir))
    with app.app_context():
        flask_migrate.upgrade()
        db.dispose()


def sqlite_template(folder: Path) -> Path:
    """A migrated SQLite file."""
    path = folder / "template.sqlite"
    migrate(f"sqlite:///{path}", folder)
    return path


def sqlite_copy(template: Path, folder: Path) -> str:
    """The address of a fresh copy of `template`."""
    path = folder / "rlflow.sqlite"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


@contextmanager
def postgresql_template(folder: Path) -> Iterator[str]:
    """The name of a migrated database that lives as long as the test process."""
    server = postgresql_url()
    assert server is not None
    with temporary_database() as name:
        migrate(database_url(server, name), folder)
        yield name


@contextmanager
def temporary_database(template: str = "template1") -> Iterator[str]:
    """The name of a new PostgreSQL database, dropped afterwards."""
    server = postgresql_url()
    assert server is not None
    name = f"rlflow_test_{os.getpid()}_{new_id()[-12:]}"
    with psycopg.connect(database_url(server, "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    try:
        yield name
    finally:
        with psycopg.connect(database_url(server, "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
