"""The RLFlow that a command works on: its settings, and its app once something needs it."""

from __future__ import annotations

from functools import cached_property

import click
from flask import Flask

from rlflow_core.config import Settings, load_settings


class Instance:
    """Settings and app, each made when first asked for; commands get it with `@pass_instance`."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._given = settings

    @cached_property
    def settings(self) -> Settings:
        """The settings in force; SettingsError for those that the product does not start with."""
        return self._given or load_settings()

    @cached_property
    def app(self) -> Flask:
        """The application, without which `rlflow --help` and `rlflow config` do."""
        from rlflow_core.app import create_app

        return create_app(self.settings)


pass_instance = click.make_pass_decorator(Instance)
