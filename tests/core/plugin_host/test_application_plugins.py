"""Application plugins extend the app, the command line and /health; one that raises takes nothing from the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from plugin_files import write_plugin

from rlflow_core.cli import _add_plugin_commands, cli
from rlflow_core.cli.lazy_group import LazyGroup

APP_PLUGIN = """
import click
from rlflow_core.plugin_api.app import HealthCheck
@hookimpl
def init_app(app):
    app.extensions["greeting"] = "hello"
@hookimpl
def register_commands(cli):
    @cli.command("greet")
    def greet():
        click.echo("hello")
@hookimpl
def health_checks():
    return [HealthCheck("greeter", lambda: None), HealthCheck("tired", lambda: 1 / 0), "not a check"]
"""
RAISING = """
@hookimpl
def init_app(app):
    raise RuntimeError("no")
@hookimpl
def register_commands(cli):
    raise RuntimeError("no")
@hookimpl
def health_checks():
    raise RuntimeError("no")
"""


def test_init_app_and_health_checks(app_with: Callable[..., Flask], tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "greeter", APP_PLUGIN)
    write_plugin(tmp_path / "plugins", "raising", RAISING)
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    assert app.extensions["greeting"] == "hello"
    problems = [(p.plugin, p.hook) for p in app.extensions["plugin_host"].problems]
    assert sorted(problems) == [
        ("greeter", "health_checks"),
        ("raising", "health_checks"),
        ("raising", "init_app"),
    ]
    answer = app.test_client().get("/health")
    assert answer.status_code == 200
    assert answer.json["status"] == "degraded"
    checks = answer.json["checks"]
    assert (checks["greeter"], checks["tired"], checks["plugins"]) == ("ok", "failing", "failing")


def test_register_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plugin(tmp_path / "plugins", "greeter", APP_PLUGIN)
    write_plugin(tmp_path / "plugins", "raising", RAISING)
    monkeypatch.setenv("RLFLOW_PLUGINS_DIR", str(tmp_path / "plugins"))
    monkeypatch.setenv("RLFLOW_DATA_DIR", str(tmp_path / "data"))
    group = LazyGroup(name="rlflow", callback=cli.callback, add_more=_add_plugin_commands)
    ran = CliRunner().invoke(group, ["greet"])
    assert (ran.exit_code, ran.output) == (0, "hello\n")
    assert "greet" in CliRunner().invoke(group, ["--help"]).output


def test_all_is_well_without_broken_plugins(sqlite_app: Flask) -> None:
    assert sqlite_app.test_client().get("/health").json["checks"]["plugins"] == "ok"
