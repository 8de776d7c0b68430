"""Everything that a metrics dashboard shows of one project, or of all that a person may manage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Job, Project
from rlflow_core.plugin_api import ProjectDimension
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.errors import Conflict
from rlflow_core.services.metrics.agreement import ProjectScore, agreement
from rlflow_core.services.metrics.annotators import Annotator, Times, annotators, times
from rlflow_core.services.metrics.completion import Completion, ProjectCompletion, completions
from rlflow_core.services.metrics.distributions import Distribution, distributions
from rlflow_core.services.metrics.health import Health, health
from rlflow_core.services.metrics.period import Wanted
from rlflow_core.services.metrics.scope import Scope
from rlflow_core.services.metrics.throughput import Throughput, throughput
from rlflow_core.services.metrics.watermark import watermark
from rlflow_core.services.metrics_cache import MetricsCache
from rlflow_core.services.project_settings import ProjectComponents
from rlflow_core.services.projects import components, get_visible


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The numbers as of `as_of`; throughput, distributions, times and annotators are those of the period."""

    as_of: datetime
    project: str | None
    since: datetime | None
    until: datetime | None
    throughput: Throughput
    completion: Completion
    projects: tuple[ProjectCompletion, ...]
    distributions: tuple[Distribution, ...]
    agreement: tuple[ProjectScore, ...]
    is_scoring: bool
    times: Times
    annotators: tuple[Annotator, ...]
    health: Health


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks for, with the mark of the state that would answer it."""

    scope: Scope
    now: datetime
    mark: str


def ask(
    session: Session, viewer: Viewer, project_id: str | None, period: Wanted, kind: str = "dashboard"
) -> Question:
    """The question, once it is sure that the person may ask it; NotFound else."""
    if project_id is not None:
        project_id = get_visible(session, viewer, project_id).id
    scope, now = Scope(viewer, project_id, period.checked()), datetime.now(UTC)
    return Question(scope, now, watermark(session, scope, kind, now))


def dashboard(session: Session, host: PluginHost, cache: MetricsCache, question: Question) -> Dashboard:
    """The answer, which is computed once for each state of the projects."""
    return cache.get(question.mark, Dashboard, lambda: _compute(session, host, question))


def parts_of(session: Session, host: PluginHost, scope: Scope) -> ProjectComponents | None:
    """The components of the one project that is asked for; None of several, or where one is not available."""
    if scope.project_id is None:
        return None
    try:
        return components(session, host, session.get_one(Project, scope.project_id))
    except Conflict:
        return None


def dimensions_of(parts: ProjectComponents | None) -> tuple[ProjectDimension, ...]:
    """What the project measures, as far as it is known."""
    return parts.dimensions if parts else ()


def names_of(parts: ProjectComponents | None) -> list[tuple[str, str]] | None:
    """Kind and key of the components that the project uses."""
    if parts is None:
        return None
    registered = [scorer.registered for scorer in parts.scorers]
    registered += [schema.bound.registered for schema in parts.reward_schemas]
    registered += [parts.task_type.registered, parts.aggregator.registered, parts.router.registered]
    return sorted({(one.kind, one.key) for one in registered})


def _compute(session: Session, host: PluginHost, question: Question) -> Dashboard:
    scope = question.scope
    together, each = completions(session, scope, question.now)
    parts = parts_of(session, host, scope)
    return Dashboard(
        as_of=question.now,
        project=scope.project_id,
        since=scope.period.since,
        until=scope.period.until,
        throughput=throughput(session, scope, question.now),
        completion=together,
        projects=tuple(each),
        distributions=distributions(session, scope, dimensions_of(parts)),
        agreement=agreement(session, scope),
        is_scoring=_is_scoring(session, scope),
        times=times(session, scope),
        annotators=annotators(session, scope),
        health=health(session, scope, names_of(parts)),
    )


def _is_scoring(session: Session, scope: Scope) -> bool:
    live = select(func.count()).where(
        Job.kind == "score", scope.of(Job.project_id), Job.state.in_(("queued", "running"))
    )
    return bool(session.scalar(live))
