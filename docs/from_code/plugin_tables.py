"""Hooks and built-in components as docs/plugins.md lists them."""

from __future__ import annotations

import inspect
from functools import cache

from tables import table

from rlflow_core import hookspecs
from rlflow_core.config import Settings
from rlflow_core.plugin_api import LLMProvider
from rlflow_core.plugin_host.manager import HOOK_NAMES, Manager
from rlflow_core.plugin_host.problems import Ledger
from rlflow_core.plugin_host.registry import KINDS, Registered, Registry


def hooks_table() -> str:
    """Hooks with their arguments and when they run."""
    rows = []
    for name in HOOK_NAMES:
        hook = getattr(hookspecs, name)
        arguments = ", ".join(inspect.signature(hook).parameters)
        rows.append((f"`{name}({arguments})`", inspect.getdoc(hook) or ""))
    return table(("hook", "what to do in it, and when it is called"), rows)


def components_table() -> str:
    """Built-in components by kind."""
    rows = []
    for registered in builtin_components():
        component = registered.cls
        settings = ", ".join(f"`{name}`" for name in component.config_schema().fields)
        rows.append(
            (registered.kind.replace("_", " "), f"`{registered.key}`", component.description, settings)
        )
    return table(("kind", "key", "what it is", "settings"), rows)


def variables_of_providers() -> dict[str, list[str]]:
    """The environment variables that built-in LLM providers need, with the titles of those providers."""
    found: dict[str, list[str]] = {}
    for registered in builtin_components():
        if issubclass(registered.cls, LLMProvider):
            for name in registered.cls.required_env:
                found.setdefault(name, []).append(registered.cls.title)
    return found


@cache
def builtin_components() -> list[Registered]:
    """The components that ship with RLFlow, by kind and key."""
    ledger = Ledger()
    manager = Manager(ledger)
    manager.load(Settings(safe_mode=True))
    registry = Registry(ledger)
    registry.fill(manager)
    assert not ledger.at_start, ledger.at_start
    return [registered for kind in KINDS for registered in registry.of_kind(kind)]
