"""Apps with settings of a test's own, and a few endpoints to knock at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import settings_for
from flask import Flask

from rlflow_core.app import create_app
from rlflow_core.extensions import db

MakeApp = Callable[..., Flask]


@pytest.fixture
def app_with(sqlite_url: str, tmp_path: Path) -> Iterator[MakeApp]:
    """`app_with(RLFLOW_REGISTRATION="closed")`: an app on a fresh SQLite database with these settings."""
    made: list[Flask] = []

    def make(**environ: str) -> Flask:
        app = create_app(settings_for(sqlite_url, tmp_path / "data", **environ))
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.dispose()
