"""A plugin host over a folder of plugins made for the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import settings_for

from rlflow_core.app import create_app
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import PluginHost, get_host


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """The folder whose files are plugins of the host."""
    return tmp_path / "plugins"


@pytest.fixture
def load(sqlite_url: str, tmp_path: Path, plugins: Path) -> Iterator[Callable[..., PluginHost]]:
    """Makes the plugin host of a fresh app, within its application context."""
    contexts = []

    def make(**environ: str) -> PluginHost:
        environ.setdefault("RLFLOW_PLUGINS_DIR", str(plugins))
        app = create_app(settings_for(sqlite_url, tmp_path / "data", **environ))
        context = app.app_context()
        context.push()
        contexts.append(context)
        return get_host()

    yield make
    for context in reversed(contexts):
        get_host().guard.close()
        db.dispose()
        context.pop()
