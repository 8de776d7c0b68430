"""The `rlflow` command: one module per group of commands, loaded when it is used."""

from __future__ import annotations

import sys
from contextlib import suppress

import click
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.cli.instance import Instance
from rlflow_core.cli.lazy_group import LazyGroup
from rlflow_core.config import SettingsError, load_settings
from rlflow_core.services.errors import ServiceError

COMMANDS = {
    "beat": "rlflow_core.cli.serve:beat",
    "config": "rlflow_core.cli.config:config",
    "db": "rlflow_core.cli.db:db_commands",
    "demo": "rlflow_core.cli.demo:demo",
    "doctor": "rlflow_core.cli.doctor:doctor",
    "export": "rlflow_core.cli.export:export",
    "generate": "rlflow_core.cli.generate:generate",
    "health": "rlflow_core.cli.health:health",
    "plugins": "rlflow_core.cli.plugins:plugins",
    "tasks": "rlflow_core.cli.tasks:tasks",
    "up": "rlflow_core.cli.serve:up",
    "users": "rlflow_core.cli.users:users",
    "web": "rlflow_core.cli.serve:web",
    "worker": "rlflow_core.cli.serve:worker",
}


def _add_plugin_commands(group: click.Group) -> None:
    from rlflow_core.plugin_host.commands import add_commands

    # Help must be had also where the settings are wrong.
    with suppress(SettingsError):
        add_commands(group, load_settings())


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    add_more=_add_plugin_commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="rlflow-core", prog_name="rlflow")
@click.pass_context
def cli(context: click.Context) -> None:
    """RLFlow collects human feedback that trains language models."""
    context.obj = context.obj or Instance()


def main() -> None:
    """Run `rlflow`: exit code 0 when done, 1 when refused or failed (said on stderr), 2 when not understood."""
    try:
        cli()
    except (ServiceError, SettingsError) as error:
        _fail(str(error), getattr(error, "errors", {}))
    except SQLAlchemyError as error:
        # Its text would hold statements, values and the address of the database.
        _fail(
            f"The database did not do it ({type(error).__name__}). Run `rlflow db upgrade`, or see if it runs."
        )


def _fail(message: str, errors: dict[str, object] | None = None) -> None:
    click.echo(f"Error: {message}", err=True)
    for field, reasons in (errors or {}).items():
        text = " ".join(map(str, reasons)) if isinstance(reasons, list) else reasons
        click.echo(f"  {field}: {text}", err=True)
    sys.exit(1)
