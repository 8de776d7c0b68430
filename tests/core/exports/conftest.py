"""The scene of the export tests, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from export_scene import ExportScene
from people import Cast

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")


@pytest.fixture
def scene(cast: Cast) -> ExportScene:
    """Alice's project, on both databases."""
    return ExportScene(cast)


@pytest.fixture
def sqlite_scene(sqlite_cast: Cast) -> ExportScene:
    """Alice's project, for what does not depend on the database."""
    return ExportScene(sqlite_cast)


@pytest.fixture
def new_scene(sqlite_cast: Cast) -> Callable[..., ExportScene]:
    """Makes projects with settings of the test's choice."""

    def make(**settings: object) -> ExportScene:
        return ExportScene(sqlite_cast, **settings)

    return make
