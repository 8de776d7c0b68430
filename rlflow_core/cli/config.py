"""`rlflow config`: the settings in force."""

from __future__ import annotations

import click

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.output import json_option, show


@click.command("config")
@json_option
@pass_instance
def config(instance: Instance, *, as_json: bool) -> None:
    """Print the settings in force, with secrets hidden."""
    shown = instance.settings.masked()
    show(shown, "\n".join(f"{name} = {_text(value)}" for name, value in shown.items()), as_json=as_json)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
