"""The commands that plugins add to `rlflow`."""

from __future__ import annotations

import click

from rlflow_core.config import Settings
from rlflow_core.plugin_host.manager import Manager
from rlflow_core.plugin_host.problems import Ledger


def add_commands(group: click.Group, settings: Settings) -> None:
    """Let every plugin add its commands to `group`; one that raises is logged and leaves the others theirs."""
    manager = Manager(Ledger())
    manager.load(settings)
    for _ in manager.call("register_commands", cli=group):
        pass
