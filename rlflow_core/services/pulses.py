"""How it goes in the projects that a person may manage: labels by day, agreement, who is there, the expected finish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from rlflow_core.models import Draft, Feedback, TaskAssignment
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services.metrics.agreement import ProjectScore, agreement_by
from rlflow_core.services.metrics.pace import DAYS, Forecast, forecast, made_since, paces
from rlflow_core.services.metrics.period import Wanted
from rlflow_core.services.metrics.scope import Scope
from rlflow_core.services.overviews import ProjectSummary

HERE_WITHIN = timedelta(minutes=15)
NOTHING = (0,) * DAYS


@dataclass(frozen=True, slots=True)
class Pulse:
    """One project: labels made here on each of the last days in UTC (today last), stored scores, people at work."""

    days: tuple[int, ...]
    scores: tuple[ProjectScore, ...]
    people: int
    forecast: Forecast


def pulses(
    session: Session, viewer: Viewer, projects: Sequence[ProjectSummary], metric: str, now: datetime
) -> dict[str, Pulse]:
    """The pulse of each of `projects` by id, with its scores by `metric`; in three queries however many there are."""
    scope = Scope(viewer, None, Wanted())
    made = paces(session, scope, now)
    scorers = sorted({key for project in projects for key in project.scorers})
    scores: dict[str, list[ProjectScore]] = {}
    for score in agreement_by(session, scope, scorers, metric):
        scores.setdefault(score.project, []).append(score)
    here = _people(session, scope, now - HERE_WITHIN)
    return {
        project.id: Pulse(
            days=made[project.id].days if project.id in made else NOTHING,
            scores=tuple(score for score in scores.get(project.id, ()) if score.scorer in project.scorers),
            people=here.get(project.id, 0),
            forecast=forecast(project.items, project.missing, made.get(project.id), now),
        )
        for project in projects
    }


def _people(session: Session, scope: Scope, since: datetime) -> dict[str, int]:
    """How many annotators took a task, saved a draft of one or submitted since then, by project."""
    holds = (
        select(TaskAssignment.project_id, TaskAssignment.annotator_id)
        .outerjoin(Draft, Draft.assignment_id == TaskAssignment.id)
        .where(
            scope.of(TaskAssignment.project_id),
            TaskAssignment.state == "leased",
            or_(TaskAssignment.assigned_at >= since, Draft.saved_at >= since),
        )
    )
    submitted = select(Feedback.project_id, Feedback.annotator_id).where(
        scope.of(Feedback.project_id), made_since(since), Feedback.source != "import"
    )
    seen = holds.union(submitted).subquery()
    return dict(list(session.execute(select(seen.c.project_id, func.count()).group_by(seen.c.project_id))))
