"""What plugins did wrong at work, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import PluginFailure
from rlflow_core.plugin_host.problems import Problem
from rlflow_core.services import audit
from rlflow_core.services.audit import Action

SHOWN = 20


@dataclass(frozen=True, slots=True)
class FailureView:
    """One fault: whose, where, what, with the end of its traceback."""

    plugin: str
    kind: str
    key: str
    hook: str
    message: str
    traceback: str
    created_at: datetime


def note(session: Session, problem: Problem) -> None:
    """Record in the audit log that a plugin failed."""
    audit.record(
        session,
        Action.PLUGIN_FAILED,
        ("plugin", problem.plugin),
        outcome="failed",
        component=f"{problem.kind}:{problem.key}" if problem.key else None,
        hook=problem.hook,
    )


def recent(session: Session) -> tuple[FailureView, ...]:
    """The last SHOWN faults, newest first."""
    rows = session.scalars(
        select(PluginFailure).order_by(PluginFailure.created_at.desc(), PluginFailure.id.desc()).limit(SHOWN)
    )
    return tuple(
        FailureView(r.plugin, r.kind, r.key, r.hook, r.message, r.traceback, r.created_at) for r in rows
    )
