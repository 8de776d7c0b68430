"""An annotator at their desk, over HTTP."""

from __future__ import annotations

import pytest
from desk_client import Desk
from desk_scene import DeskScene
from flask import Flask


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """On SQLite: what pages say does not depend on the database."""
    return sqlite_app


@pytest.fixture
def scene(app: Flask) -> DeskScene:
    return DeskScene(app, tasks=3)


@pytest.fixture
def desk(app: Flask, scene: DeskScene) -> Desk:
    return Desk(app, scene.cookie, scene.path)
