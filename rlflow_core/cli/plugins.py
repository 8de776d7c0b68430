"""`rlflow plugins`: what is installed, what is wrong with it, and how a new one begins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import click

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.output import json_option, show
from rlflow_core.cli.scaffold import NewPlugin, write
from rlflow_core.plugin_api import Kind
from rlflow_core.plugin_host.problems import Problem
from rlflow_core.plugin_host.registry import KINDS, Registered


@click.group()
def plugins() -> None:
    """See, check and begin plugins."""


@plugins.command("list")
@json_option
@pass_instance
def list_components(instance: Instance, *, as_json: bool) -> None:
    """List the components on offer, with what brought them."""
    found = [_described(registered) for registered in _host(instance).registry.all()]
    width = max((len(row["kind"]) + len(row["key"]) for row in found), default=0) + 1
    lines = (
        f"{row['kind']}:{row['key']}".ljust(width + 2)
        + f"{row['version']:<6} {row['distribution']} {row['distribution_version']}".rstrip()
        for row in found
    )
    show({"components": found}, "\n".join(lines), as_json=as_json)


@plugins.command()
@json_option
@pass_instance
def doctor(instance: Instance, *, as_json: bool) -> None:
    """Say what is wrong with the plugins that are installed; exit code 1 where anything is."""
    problems = _host(instance).problems
    text = "\n".join(map(str, problems)) or "All plugins were loaded."
    show({"problems": [_told(problem) for problem in problems]}, text, as_json=as_json)
    sys.exit(1 if problems else 0)


@plugins.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("key")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder to write into; the key, unless named.",
)
def new(kind: str, key: str, folder: Path | None) -> None:
    """Write a package with a component of KIND under KEY: it works, has a test and passes it."""
    target = folder or Path(key)
    for path in write(NewPlugin(cast(Kind, kind), key), target):
        click.echo(f"  {path}")
    click.echo(f"Next: pip install -e {target} && pytest {target} && rlflow plugins list")


def _host(instance: Instance) -> Any:
    from rlflow_core.plugin_host.host import get_host

    with instance.app.app_context():
        return get_host()


def _described(registered: Registered) -> dict[str, str]:
    return {
        "kind": registered.kind,
        "key": registered.key,
        "title": registered.cls.title,
        "version": registered.cls.version,
        "plugin": registered.source.name,
        "distribution": registered.source.distribution,
        "distribution_version": registered.source.distribution_version,
    }


def _told(problem: Problem) -> dict[str, str]:
    return {
        "plugin": problem.plugin,
        "hook": problem.hook,
        "kind": problem.kind,
        "key": problem.key,
        "message": problem.message,
    }
