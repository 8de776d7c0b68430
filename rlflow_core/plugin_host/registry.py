"""The components on offer by kind and key; every look-up that fails lists what exists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast, get_args

from marshmallow import Schema

from rlflow_core.plugin_api import (
    Aggregator,
    Component,
    Exporter,
    Kind,
    LLMProvider,
    RewardSchema,
    Router,
    Scorer,
    TaskType,
)
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.manager import Answer, Manager
from rlflow_core.plugin_host.problems import Ledger, Problem
from rlflow_core.plugin_host.problems_text import describe, traceback_of
from rlflow_core.plugin_host.sources import Source

C = TypeVar("C", bound=Component)

KINDS: tuple[Kind, ...] = get_args(Kind)
BASES: Mapping[Kind, type[Component]] = {
    base.kind: base for base in (TaskType, RewardSchema, Scorer, Aggregator, Router, Exporter, LLMProvider)
}
KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")


class UnknownComponent(LookupError):
    """No component has this kind and key; the text lists the keys that exist."""

    def __init__(self, kind: str, key: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known)) or "none"
        super().__init__(f"There is no {kind.replace('_', ' ')} {key[:80]!r}. There are: {names}.")
        self.kind = kind
        self.key = key


@dataclass(frozen=True, slots=True)
class Registered:
    """A component class with the plugin that brought it."""

    cls: type[Component]
    source: Source

    @property
    def kind(self) -> Kind:
        """What it is for."""
        return self.cls.kind

    @property
    def key(self) -> str:
        """Its name within the kind."""
        return self.cls.key


class Registry:
    """All components of one process."""

    def __init__(self, ledger: Ledger) -> None:
        self._components: dict[tuple[Kind, str], Registered] = {}
        self._ledger = ledger

    def fill(self, manager: Manager) -> None:
        """Register what the plugins return from their registration hooks, built-ins first."""
        for kind in KINDS:
            hook = f"register_{kind}s"
            answers = sorted(manager.call(hook), key=_precedence)
            for answer in answers:
                self._take(answer, hook, kind)

    def _take(self, answer: Answer, hook: str, kind: Kind) -> None:
        listed = attempt(lambda: list(cast(Iterable[object], answer.value)))
        if listed.error is not None or listed.value is None:
            text = f"must return a list of classes, not {type(answer.value).__name__}"
            self._ledger.note_at_start(Problem(answer.source.name, hook, text, kind=kind))
            return
        for cls in listed.value:
            self.add(answer.source, hook, kind, cls)

    def add(self, source: Source, hook: str, kind: Kind, cls: object) -> None:
        """Register one class; one that does not fit, or whose key is taken, becomes a problem."""
        judged = attempt(flaw_of, kind, cls)
        flaw = describe(judged.error) if judged.error is not None else judged.value
        key = str(getattr(cls, "key", ""))
        if not flaw and (kind, key) in self._components:
            other = self._components[kind, key].source
            flaw = f"{kind}:{key} is taken by {other.name} ({other.distribution}). Choose another key."
        if flaw:
            trace = traceback_of(judged.error) if judged.error is not None else ""
            self._ledger.note_at_start(Problem(source.name, hook, flaw, kind, key, trace))
            return
        self._components[kind, key] = Registered(cast(type[Component], cls), source)

    def get(self, kind: Kind, key: str) -> Registered:
        """The component; raises UnknownComponent with the keys of this kind."""
        try:
            return self._components[kind, key]
        except KeyError:
            raise UnknownComponent(kind, key, (r.key for r in self.of_kind(kind))) from None

    def of_kind(self, kind: Kind) -> list[Registered]:
        """All components of a kind, by key."""
        return sorted((r for r in self._components.values() if r.kind == kind), key=lambda r: r.key)

    def all(self) -> list[Registered]:
        """All components, by kind and key."""
        return [registered for kind in KINDS for registered in self.of_kind(kind)]


def _precedence(answer: Answer) -> tuple[bool, str, str]:
    return (not answer.source.is_builtin, answer.source.distribution, answer.source.name)


def flaw_of(kind: Kind, cls: object) -> str | None:
    """What keeps a class from being a component of this kind, in one sentence; None when nothing does."""
    base = BASES[kind]
    if not (isinstance(cls, type) and issubclass(cls, base)):
        return f"{cls!r} is not a subclass of {base.__name__}"
    for name in ("key", "title", "version"):
        if not isinstance(getattr(cls, name, None), str) or not getattr(cls, name):
            return f"{cls.__name__} has no {name}"
    if not KEY.fullmatch(cls.key):
        return f"the key {cls.key!r} must match [a-z][a-z0-9_]*, at most 64 letters"
    if not (isinstance(cls.config_schema, type) and issubclass(cls.config_schema, Schema)):
        return f"config_schema of {cls.__name__} is not a marshmallow Schema"
    return None
