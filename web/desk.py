"""What stands on an annotator's desk in one project: the task in work, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import held_work, queue, work
from rlflow_core.services.assignments import AssignmentView, OpenedAssignment, open_assignment
from rlflow_core.services.errors import NotFound
from rlflow_core.services.held_work import PutAside
from rlflow_core.services.queue import SkipReason
from rlflow_web.answers import Answers, in_plain_words, new_key
from rlflow_web.component_parts import Output, Part, Widget, comparison_of, output_of, task_part, widget_of
from rlflow_web.troubles import Trouble

SKIP_REASONS = {
    SkipReason.NOT_QUALIFIED: "I do not know the subject",
    SkipReason.UNCLEAR: "The task is unclear",
    SkipReason.BROKEN_TASK: "The task is broken",
    SkipReason.OFFENSIVE: "The content is upsetting",
    SkipReason.OTHER: "Another reason",
}
EDITABLE = ("leased", "expired")


@dataclass(frozen=True, slots=True)
class TaskOnDesk:
    """One assignment with everything rendered; `readonly` when its answer can only be read."""

    view: AssignmentView
    part: Part
    outputs: tuple[Output, ...]
    comparison: Markup | None
    widgets: tuple[Widget, ...]
    readonly: bool
    idempotency_key: str
    active_ms: int
    revising: int | None
    """The revision that is being changed, where the task was submitted before."""
    posted: bool
    """Whether the form holds what was posted just now, which no draft has yet."""

    @property
    def reserved_seconds(self) -> int | None:
        """How long the reservation lasts from now, None if it is over; browsers' clocks differ, lengths do not."""
        return seconds_until(self.view.lease_until)

    @property
    def wrong(self) -> list[Widget]:
        """The questions whose answers were refused."""
        return [widget for widget in self.widgets if widget.errors]


@dataclass(frozen=True, slots=True)
class Desk:
    """A project as its annotator sees it, with a task or the reason why there is none.

    `said` is the outcome of what was done just now, `trouble` what was refused.
    """

    project_id: str
    project_name: str
    progress: queue.Progress | None
    aside: list[PutAside]
    task: TaskOnDesk | None = None
    can_start: bool = False
    reason: queue.Reason | None = None
    said: str = ""
    trouble: Trouble | None = None


def open_own(annotator_id: str, project_id: str, assignment_id: str) -> OpenedAssignment:
    """The annotator's assignment in this project; NotFound for any other, Unavailable while a component is broken."""
    opened = open_assignment(db.read, get_host(), annotator_id, assignment_id)
    if opened.view.project_id != project_id:
        raise NotFound("assignment", assignment_id)
    return opened


def desk_with(
    annotator_id: str,
    opened: OpenedAssignment,
    *,
    answers: Answers | None = None,
    errors: Mapping[str, Any] | None = None,
    said: str = "",
    trouble: Trouble | None = None,
    revising: int | None = None,
) -> Desk:
    """The desk with one task; what was posted just now (`answers`) stands in its form.

    What was submitted can be read, or changed where `revising` says which revision of it.
    """
    view = opened.view
    return Desk(
        project_id=view.project_id,
        project_name=view.project_name,
        progress=_progress(annotator_id, view.project_id),
        aside=_aside(annotator_id, view.project_id, besides=view.id),
        task=_task(opened, answers, errors or {}, trouble is not None and trouble.stored, revising),
        said=said,
        trouble=trouble,
    )


def desk_without(
    annotator_id: str, project_id: str, *, said: str = "", trouble: Trouble | None = None
) -> Desk:
    """The desk of somebody who holds nothing: they may start, or read why not; NotFound if it is not their project."""
    opened = next((one for one, _ in work.open_to(db.read, annotator_id) if one.id == project_id), None)
    if opened is None:
        raise NotFound("project", project_id)
    progress, reason = _progress(annotator_id, project_id), None
    if progress is not None and (opened.status != "open" or not progress.remaining):
        reason = queue.why_empty(db.read, project_id, annotator_id)
    is_ready = reason is None or reason.code is queue.EmptyBecause.READY
    return Desk(
        project_id=project_id,
        project_name=opened.name,
        progress=progress,
        aside=_aside(annotator_id, project_id),
        can_start=is_ready,
        reason=None if is_ready else reason,
        said=said,
        trouble=trouble,
    )


def seconds_until(end: datetime | None) -> int | None:
    """The whole seconds from now to `end`, at least 0."""
    return None if end is None else max(0, int((end - datetime.now(UTC)).total_seconds()))


def _task(
    opened: OpenedAssignment,
    answers: Answers | None,
    errors: Mapping[str, Any],
    stored: bool,
    revising: int | None,
) -> TaskOnDesk:
    host, view, components = get_host(), opened.view, opened.components
    readonly = stored or (view.state not in EDITABLE and revising is None)
    shown = answers.response if answers else view.draft or view.response or {}
    if view.state == "completed" and not answers:
        shown = view.response or {}
    return TaskOnDesk(
        view=view,
        part=task_part(host, components.task_type, view.task),
        outputs=tuple(output_of(host, components.task_type, view.task, output) for output in view.outputs),
        comparison=comparison_of(host, components.task_type, view.task, view.outputs),
        widgets=tuple(
            widget_of(host, schema, view.task, view.outputs, shown, in_plain_words(errors), readonly=readonly)
            for schema in components.reward_schemas
        ),
        readonly=readonly,
        idempotency_key=answers.idempotency_key if answers else new_key(),
        active_ms=_milliseconds(view, answers, revising),
        revising=revising,
        posted=answers is not None,
    )


def _milliseconds(view: AssignmentView, answers: Answers | None, revising: int | None) -> int:
    # The time of a change comes on top of what the judgement took, so it is counted from nothing.
    before = 0 if revising else view.active_ms
    return max(before, (answers and answers.active_ms) or 0)


def _progress(annotator_id: str, project_id: str) -> queue.Progress | None:
    try:
        return queue.progress(db.read, project_id, annotator_id)
    except queue.NotAMember:
        return None


def _aside(annotator_id: str, project_id: str, besides: str = "") -> list[PutAside]:
    waiting = held_work.put_aside(db.read, annotator_id, project_id)
    return [one for one in waiting if one.id != besides]
