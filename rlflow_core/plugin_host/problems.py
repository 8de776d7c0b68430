"""Faults of plugins: what they are, and where they are kept so that people see them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import PluginFailure
from rlflow_core.plugin_host.problems_text import MESSAGE_LENGTH

log = logging.getLogger("rlflow.plugins")

REPEAT_SECONDS = 60.0

_told: list[Callable[[Session, Problem], None]] = []


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: whose (`plugin`, and `kind` and `key` of a component), where (`hook`), and what."""

    plugin: str
    hook: str
    message: str
    kind: str = ""
    key: str = ""
    traceback: str = ""

    def __str__(self) -> str:
        where = f"{self.kind}:{self.key} of {self.plugin}" if self.key else self.plugin
        return f"{where}, in {self.hook}: {self.message}"


def tell_also(listener: Callable[[Session, Problem], None]) -> None:
    """Let `listener` hear of every problem that becomes a row, in the same transaction."""
    if listener not in _told:
        _told.append(listener)


class ComponentFault(Exception):
    """A component failed; the problem is recorded and names it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Ledger:
    """The problems of this process: those of start-up are listed, those at work become rows and log lines."""

    def __init__(self) -> None:
        self.at_start: list[Problem] = []
        self._last_row: dict[tuple[str, str, str, str, str], float] = {}
        self._lock = threading.Lock()

    def note_at_start(self, problem: Problem) -> None:
        """List a problem of start-up; the process goes on without what is broken."""
        self.at_start.append(problem)
        self._log(problem)

    def record(self, problem: Problem) -> None:
        """Keep a problem at work; the same one makes at most a row a minute."""
        self._log(problem)
        if not self._is_new(problem):
            return
        try:
            db.transact(_insert, problem)
        except SQLAlchemyError:
            log.exception("the fault could not be stored: %s", _one_line(problem))

    def _log(self, problem: Problem) -> None:
        log.error("%s", _one_line(problem), extra={"plugin_traceback": problem.traceback})

    def _is_new(self, problem: Problem) -> bool:
        identity = (problem.plugin, problem.kind, problem.key, problem.hook, problem.message[:200])
        now = time.monotonic()
        with self._lock:
            if now - self._last_row.get(identity, -REPEAT_SECONDS) < REPEAT_SECONDS:
                return False
            self._last_row[identity] = now
            return True


def _one_line(problem: Problem) -> str:
    return str(problem).encode("unicode_escape").decode()


def _insert(session: Session, problem: Problem) -> None:
    for tell in _told:
        tell(session, problem)
    session.add(
        PluginFailure(
            plugin=problem.plugin[:200],
            kind=problem.kind,
            key=problem.key[:64],
            hook=problem.hook[:64],
            message=problem.message[:MESSAGE_LENGTH].replace("\0", ""),
            traceback=problem.traceback.replace("\0", ""),
        )
    )
