"""How sound the data is: what is empty, undecided, disagreed upon, twice there, or was not understood."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from rlflow_core.models import (
    AgentOutput,
    Feedback,
    FeedbackRevision,
    PluginFailure,
    SignalRow,
    Task,
    TaskAssignment,
    TaskVersion,
)
from rlflow_core.services.metrics.scope import Scope

COMPARED_KINDS = ("preference", "label", "step", "rank")
UNDECIDED = ("tie", "both_bad")


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the data now; expired reservations and plugin failures are those of the period.

    Items are `compared` where two annotators gave a category, rank or step on the same, and `disagreed` where it
    differs in any dimension. `duplicates` are tasks whose messages to the models are those of an earlier task of
    their project. `underived` labels were stored, but their signals could not be derived.
    """

    outputs: int
    empty_outputs: int
    failed_outputs: int
    tasks: int
    tasks_without_outputs: int
    duplicates: int
    preferences: int
    ties: int
    tie_share: float | None
    compared: int
    disagreed: int
    disagreement_share: float | None
    underived: int
    expired: int
    plugin_failures: int


def health(session: Session, scope: Scope, components: Collection[tuple[str, str]] | None) -> Health:
    """The health of the projects in six queries; `components` limits plugin failures to these kinds and keys."""
    outputs, empty, failed = session.execute(
        select(
            func.count(),
            func.count(case((AgentOutput.error.is_(None) & (func.trim(AgentOutput.output) == ""), 1))),
            func.count(AgentOutput.error),
        )
        .join(Task, Task.id == AgentOutput.task_id)
        .where(scope.of(Task.project_id))
    ).one()
    tasks, bare, distinct = _tasks(session, scope)
    preferences, ties = session.execute(
        scope.signals()
        .add_columns(func.count(), func.count(case((SignalRow.label.in_(UNDECIDED), 1))))
        .where(SignalRow.kind == "preference")
    ).one()
    compared, disagreed = _disagreement(session, scope)
    underived, expired = _labels(session, scope)
    return Health(
        outputs=outputs,
        empty_outputs=empty,
        failed_outputs=failed,
        tasks=tasks,
        tasks_without_outputs=bare,
        duplicates=tasks - distinct,
        preferences=preferences,
        ties=ties,
        tie_share=ties / preferences if preferences else None,
        compared=compared,
        disagreed=disagreed,
        disagreement_share=disagreed / compared if compared else None,
        underived=underived,
        expired=expired,
        plugin_failures=_failures(session, scope, components),
    )


def _tasks(session: Session, scope: Scope) -> tuple[int, int, int]:
    """How many tasks there are, have no output that can be judged, and differ in what models were asked."""
    has_output = (
        select(AgentOutput.id)
        .where(AgentOutput.task_id == Task.id, AgentOutput.stale.is_(False), AgentOutput.error.is_(None))
        .exists()
    )
    per_project = (
        select(
            func.count().label("tasks"),
            func.count(case((~has_output, 1))).label("bare"),
            func.count(TaskVersion.messages_hash.distinct()).label("contents"),
        )
        .select_from(Task)
        .join(TaskVersion, (TaskVersion.task_id == Task.id) & (TaskVersion.number == Task.version))
        .where(scope.of(Task.project_id))
        .group_by(Task.project_id)
        .subquery()
    )
    columns = (func.coalesce(func.sum(column), 0) for column in per_project.c)
    tasks, bare, distinct = session.execute(select(*columns)).one()
    return int(tasks), int(bare), int(distinct)


def _disagreement(session: Session, scope: Scope) -> tuple[int, int]:
    signal = SignalRow
    subject = (
        Feedback.item_id,
        signal.schema,
        signal.dimension,
        signal.output_id,
        signal.other_output_id,
        signal.index,
    )
    differs = or_(
        func.min(signal.label) != func.max(signal.label),
        func.min(case((signal.label.is_(None), signal.value)))
        != func.max(case((signal.label.is_(None), signal.value))),
    )
    about = (
        scope.signals()
        .add_columns(Feedback.item_id, case((differs, 1), else_=0).label("differs"))
        .where(signal.kind.in_(COMPARED_KINDS))
        .group_by(*subject)
        .having(func.count(Feedback.annotator_id.distinct()) > 1)
        .subquery()
    )
    per_item = select(func.max(about.c.differs).label("differs")).group_by(about.c.item_id).subquery()
    compared, disagreed = session.execute(
        select(func.count(), func.coalesce(func.sum(per_item.c.differs), 0)).select_from(per_item)
    ).one()
    return compared, int(disagreed)


def _labels(session: Session, scope: Scope) -> tuple[int, int]:
    underived = (
        scope.votes()
        .join(
            FeedbackRevision,
            (FeedbackRevision.feedback_id == Feedback.id) & (FeedbackRevision.number == Feedback.revision),
        )
        .add_columns(func.count(FeedbackRevision.signals_error))
        .scalar_subquery()
    )
    expired = (
        select(func.count())
        .where(
            scope.of(TaskAssignment.project_id),
            TaskAssignment.state == "expired",
            scope.within(TaskAssignment.assigned_at),
        )
        .scalar_subquery()
    )
    found = session.execute(select(underived, expired)).one()
    return found[0], found[1]


def _failures(session: Session, scope: Scope, components: Collection[tuple[str, str]] | None) -> int:
    query = select(func.count()).select_from(PluginFailure).where(scope.within(PluginFailure.created_at))
    if components is not None:
        query = query.where(tuple_(PluginFailure.kind, PluginFailure.key).in_(list(components)))
    return session.scalar(query) or 0
