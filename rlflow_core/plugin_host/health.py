"""What /health asks of plugins: whether all of them loaded, and the checks that they bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from rlflow_core.plugin_api.app import HealthCheck
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.manager import Manager
from rlflow_core.plugin_host.problems import Ledger, Problem
from rlflow_core.plugin_host.problems_text import describe, traceback_of
from rlflow_core.plugin_host.sources import Source

Check = Callable[[], str | None]


def health_checks(manager: Manager, ledger: Ledger) -> dict[str, Check]:
    """The checks by name; each returns None or one sentence, and none of them raises."""
    checks: dict[str, Check] = {}
    for answer in manager.call("health_checks"):
        listed = attempt(list, cast(Iterable[object], answer.value))
        for check in listed.value or []:
            if isinstance(check, HealthCheck) and check.name not in checks:
                checks[check.name] = _guarded(ledger, answer.source, check)
                continue
            text = f"{check!r:.80} is not a HealthCheck with a name of its own"
            ledger.note_at_start(Problem(answer.source.name, "health_checks", text))
    return {"plugins": lambda: _problems_at_start(ledger), **checks}


def _guarded(ledger: Ledger, source: Source, check: HealthCheck) -> Check:
    def run() -> str | None:
        outcome = attempt(check.run)
        if outcome.error is None:
            return None if outcome.value is None else str(outcome.value)
        problem = Problem(
            source.name, "health_checks", describe(outcome.error), traceback=traceback_of(outcome.error)
        )
        ledger.record(problem)
        return str(problem)

    return run


def _problems_at_start(ledger: Ledger) -> str | None:
    if not ledger.at_start:
        return None
    return f"{len(ledger.at_start)} problems with plugins; the plugins page names them."
