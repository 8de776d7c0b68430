"""`rlflow db`: the schema of the database."""

from __future__ import annotations

import click
import flask_migrate

from rlflow_core.cli.instance import Instance, pass_instance


@click.group("db")
def db_commands() -> None:
    """Bring the database to the newest schema."""


@db_commands.command("upgrade")
@pass_instance
def upgrade(instance: Instance) -> None:
    """Run the migrations that the database has not had."""
    with instance.app.app_context():
        flask_migrate.upgrade()
    click.echo("The database is at the newest schema.")
