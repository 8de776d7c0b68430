"""The plugin host of one application: loads plugins once, hands out components ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from marshmallow import ValidationError

from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.plugin_api import Component, Kind
from rlflow_core.plugin_host import secrets_in_config
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.guard import Guard
from rlflow_core.plugin_host.health import health_checks
from rlflow_core.plugin_host.manager import Manager
from rlflow_core.plugin_host.problems import ComponentFault, Ledger, Problem
from rlflow_core.plugin_host.problems_text import describe, traceback_of
from rlflow_core.plugin_host.provenance import ensure_set
from rlflow_core.plugin_host.registry import BASES, Registered, Registry
from rlflow_core.plugin_host.templates import ComponentTemplates

C = TypeVar("C", bound=Component)


class PluginHost:
    """The plugins, components and problems of one application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger()
        self.manager = Manager(self.ledger)
        self.registry = Registry(self.ledger)
        self.guard = Guard(settings, self.ledger)
        self.templates = ComponentTemplates(self.registry, self.ledger)
        self.built: dict[str, object] = {}
        self._component_set: str | None = None

    def load(self) -> None:
        """Find and register everything; broken plugins become problems, the rest goes on."""
        self.manager.load(self.settings)
        self.registry.fill(self.manager)

    @property
    def problems(self) -> list[Problem]:
        """What went wrong while plugins were loaded."""
        return list(self.ledger.at_start)

    def build(self, base: type[C], key: str, config: Mapping[str, Any] | None = None) -> Bound[C]:
        """The component of `base`'s kind under `key`, with its config validated.

        Raises UnknownComponent, `marshmallow.ValidationError` where the config does not fit, and ComponentFault
        where the component cannot be made.
        """
        registered = self.registry.get(base.kind, key)
        stored = dict(config or {})
        made = attempt(registered.cls, secrets_in_config.resolve(stored))
        if isinstance(made.error, ValidationError):
            raise made.error
        if made.error is not None:
            problem = Problem(
                registered.source.name,
                "__init__",
                describe(made.error),
                base.kind,
                key,
                traceback_of(made.error),
            )
            self.ledger.record(problem)
            raise ComponentFault(problem)
        return Bound(registered, stored, cast(C, made.value))

    def defaults(self, kind: Kind) -> list[str]:
        """The keys that a project gets when it names no component of this kind, built-ins first."""
        return [registered.key for registered in self.by_precedence(kind) if registered.cls.default]

    def by_precedence(self, kind: Kind) -> list[Registered]:
        """The components of a kind, built-ins first."""
        return sorted(self.registry.of_kind(kind), key=lambda registered: not registered.source.is_builtin)

    def component_set(self) -> str:
        """The id of the set of component versions in force, stored at first use; not for use within a transaction."""
        if self._component_set is None:
            self._component_set = db.transact(ensure_set, self.registry)
        return self._component_set

    def base_of(self, kind: Kind) -> type[Component]:
        """The base class of a kind."""
        return BASES[kind]


def init_app(app: Flask, settings: Settings) -> PluginHost:
    """Give `app` its plugin host."""
    host = PluginHost(settings)
    app.extensions["plugin_host"] = host
    host.load()
    # Application plugins extend the app here; whatever one of them raises is listed, and the others go on.
    for _ in host.manager.call("init_app", app=app):
        pass
    app.extensions.setdefault("health_checks", {}).update(health_checks(host.manager, host.ledger))
    return host


def get_host() -> PluginHost:
    """The plugin host of the current app."""
    host: PluginHost = current_app.extensions["plugin_host"]
    return host
