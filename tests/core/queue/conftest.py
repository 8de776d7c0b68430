"""The scene of the queue's tests: an open project on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from databases import settings_for, sqlite_copy, temporary_database
from flask import Flask
from queue_scene import Scene
from servers import database_url, postgresql_url

from rlflow_core.app import create_app
from rlflow_core.extensions import db


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def queue_app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app on one database for all tests that look at their own project only."""
    folder = tmp_path_factory.mktemp("queue")
    with ExitStack() as stack:
        if request.param == "sqlite":
            template: Path = request.getfixturevalue("_sqlite_template")
            url = sqlite_copy(template, folder)
        else:
            name = stack.enter_context(temporary_database(request.getfixturevalue("_postgresql_template")))
            url = database_url(postgresql_url() or "", name)
        app = create_app(settings_for(url, folder))
        yield app
        with app.app_context():
            db.dispose()


@pytest.fixture
def new_scene(queue_app: Flask) -> Iterator[Callable[..., Scene]]:
    """Makes projects with settings of the test's choice."""

    def make(**settings: Any) -> Scene:
        return Scene(**settings)

    with queue_app.app_context():
        yield make


@pytest.fixture
def scene(new_scene: Callable[..., Scene]) -> Scene:
    """A project that wants one judgement of each item."""
    return new_scene()
