"""A group whose commands are imported when they are called, so that `rlflow --help` stays quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A click group with further commands at "module:attribute" places, and those that `add_more` adds."""

    def __init__(
        self,
        *args: Any,
        commands_at: Mapping[str, str] | None = None,
        add_more: Callable[[click.Group], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._commands_at = dict(commands_at or {})
        self._add_more = add_more

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, sorted."""
        self._complete()
        return sorted({*super().list_commands(ctx), *self._commands_at})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now if it was not yet."""
        place = self._commands_at.get(cmd_name)
        if place is None:
            self._complete()
            return super().get_command(ctx, cmd_name)
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def _complete(self) -> None:
        """Let `add_more` add its commands, once, when the ones known here do not do."""
        add_more, self._add_more = self._add_more, None
        if add_more:
            add_more(self)
