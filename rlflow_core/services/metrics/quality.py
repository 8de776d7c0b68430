"""What a project's labels say so far: counts, scores, annotators, and how sound they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import (
    AgentOutput,
    Feedback,
    Job,
    ProjectMember,
    ScoreRow,
    SignalRow,
    Task,
    TaskAssignment,
)
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.metrics.annotators import Annotator, annotators
from rlflow_core.services.metrics.completion import Completion, completions
from rlflow_core.services.metrics.dashboard import Question, dimensions_of, names_of, parts_of
from rlflow_core.services.metrics.distributions import Distribution, distributions
from rlflow_core.services.metrics.health import Health, health
from rlflow_core.services.metrics_cache import MetricsCache


@dataclass(frozen=True, slots=True)
class ScoreView:
    """One score of the project: its value, or the reason why there is none."""

    scorer: str
    metric: str
    dimension: str
    value: float | None
    reason: str | None
    details: Mapping[str, Any]
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How often a category was given on a dimension (`schema.dimension`)."""

    dimension: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class AnnotatorCount:
    """One annotator's share; `seconds` is the mean time per label, None where no time was recorded."""

    pseudonym: str
    votes: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class QualityView:
    """Everything that the results page and GET /metrics/quality show of one project."""

    tasks: int
    outputs: int
    empty_outputs: int
    votes: int
    imported_votes: int
    scores: tuple[ScoreView, ...]
    labels: tuple[LabelCount, ...]
    annotators: tuple[AnnotatorCount, ...]
    is_scoring: bool


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The quality of a project with all that explains it: annotators one by one, answers, completion, health."""

    quality: QualityView
    annotators: tuple[Annotator, ...]
    completion: Completion
    distributions: tuple[Distribution, ...]
    health: Health


def quality_report(
    session: Session, host: PluginHost, cache: MetricsCache, question: Question
) -> QualityReport:
    """The report about the one project of `question`, computed once for each state of it."""

    def compute() -> QualityReport:
        scope = question.scope
        parts = parts_of(session, host, scope)
        return QualityReport(
            quality=quality(session, str(scope.project_id)),
            annotators=annotators(session, scope),
            completion=completions(session, scope, question.now)[0],
            distributions=distributions(session, scope, dimensions_of(parts)),
            health=health(session, scope, names_of(parts)),
        )

    return cache.get(question.mark, QualityReport, compute)


def quality(session: Session, project_id: str) -> QualityView:
    """What is known of the quality of a project as of now."""
    votes, imported = session.execute(
        select(func.count(), func.count(case((Feedback.source == "import", 1)))).where(*_standing(project_id))
    ).one()
    outputs, empty = session.execute(
        select(func.count(), func.count(case((func.trim(AgentOutput.output) == "", 1))))
        .join(Task, Task.id == AgentOutput.task_id)
        .where(Task.project_id == project_id, AgentOutput.error.is_(None))
    ).one()
    return QualityView(
        tasks=session.scalar(select(func.count()).where(Task.project_id == project_id)) or 0,
        outputs=outputs,
        empty_outputs=empty,
        votes=votes,
        imported_votes=imported,
        scores=_scores(session, project_id),
        labels=_labels(session, project_id),
        annotators=_annotators(session, project_id),
        is_scoring=_is_scoring(session, project_id),
    )


def _standing(project_id: str) -> tuple[Any, ...]:
    return (Feedback.project_id == project_id, Feedback.state == "standing")


def _scores(session: Session, project_id: str) -> tuple[ScoreView, ...]:
    rows = session.scalars(
        select(ScoreRow)
        .where(ScoreRow.project_id == project_id, ScoreRow.scope == "project")
        .order_by(ScoreRow.scorer, ScoreRow.dimension, ScoreRow.metric)
    )
    return tuple(
        ScoreView(row.scorer, row.metric, row.dimension, row.value, row.reason, row.details, row.computed_at)
        for row in rows
    )


def _labels(session: Session, project_id: str) -> tuple[LabelCount, ...]:
    rows = session.execute(
        select(SignalRow.schema, SignalRow.dimension, SignalRow.label, func.count())
        .join(Feedback, (Feedback.id == SignalRow.feedback_id) & (Feedback.revision == SignalRow.revision))
        .where(*_standing(project_id), SignalRow.label.is_not(None), SignalRow.kind != "text")
        .group_by(SignalRow.schema, SignalRow.dimension, SignalRow.label)
        .order_by(SignalRow.schema, SignalRow.dimension, SignalRow.label)
    )
    return tuple(
        LabelCount(f"{schema}.{dimension}", str(label), count) for schema, dimension, label, count in rows
    )


def _annotators(session: Session, project_id: str) -> tuple[AnnotatorCount, ...]:
    milliseconds = func.coalesce(Feedback.active_ms, Feedback.wall_ms)
    rows = session.execute(
        select(ProjectMember.pseudonym, func.count(), func.avg(milliseconds) / 1000.0)
        .join(
            ProjectMember,
            (ProjectMember.project_id == Feedback.project_id)
            & (ProjectMember.user_id == Feedback.annotator_id),
        )
        .join(TaskAssignment, TaskAssignment.id == Feedback.assignment_id)
        .where(*_standing(project_id), TaskAssignment.purpose == "vote")
        .group_by(ProjectMember.pseudonym)
        .order_by(func.count().desc(), ProjectMember.pseudonym)
    )
    return tuple(
        AnnotatorCount(name, votes, None if seconds is None else float(seconds))
        for name, votes, seconds in rows
    )


def _is_scoring(session: Session, project_id: str) -> bool:
    live = select(Job.id).where(
        Job.kind == "score", Job.subject == project_id, Job.state.in_(("queued", "running"))
    )
    return session.scalar(live.limit(1)) is not None
