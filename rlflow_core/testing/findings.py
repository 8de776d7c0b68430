"""What a check finds: every breach of the contract in one go, each in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from rlflow_core.plugin_api import Component
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.problems_text import describe

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: the part of the contract that it breaks, and how."""

    part: str
    text: str

    def __str__(self) -> str:
        return f"{self.part}: {self.text}"


class NotConforming(AssertionError):
    """A component breaks the contract of its kind; `findings` has every breach."""

    def __init__(self, component: str, findings: Sequence[Finding]) -> None:
        lines = "\n".join(f"  - {finding}" for finding in findings)
        super().__init__(f"{component} does not keep its contract:\n{lines}")
        self.findings = tuple(findings)


class Findings:
    """Collects the breaches of one component."""

    def __init__(self, cls: type[Component]) -> None:
        kind, key = getattr(cls, "kind", "component"), getattr(cls, "key", None)
        self._component = f"{kind} {key or cls.__name__}"
        self._found: list[Finding] = []

    def add(self, part: str, text: str) -> None:
        """Note a breach of `part` of the contract; the same one counts once."""
        finding = Finding(part, text)
        if finding not in self._found:
            self._found.append(finding)

    def expect(self, holds: bool, part: str, text: str) -> bool:
        """Note the breach unless it `holds`; whether it does."""
        if not holds:
            self.add(part, text)
        return holds

    def run(self, part: str, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """What `call` returns; what it raises is a breach of `part`, and None is returned."""
        outcome = attempt(call, *args, **kwargs)
        if outcome.error is not None:
            self.add(part, f"raised {describe(outcome.error)}")
        return outcome.value

    def finish(self) -> None:
        """Raise NotConforming where anything was found."""
        if self._found:
            raise NotConforming(self._component, self._found)
