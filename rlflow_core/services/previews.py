"""What annotators of a project would see, of a task or of one that is not stored; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput, ProjectRevision, Task, TaskItem
from rlflow_core.plugin_api import OutputView, TaskView
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.services.errors import NotFound
from rlflow_core.services.pairing import groups, limits_of
from rlflow_core.services.project_settings import NamedSchema, ProjectComponents, components_of
from rlflow_core.services.projects import current_revision, get_visible
from rlflow_core.services.task_content import prepare_content, prepare_outputs
from rlflow_core.services.task_drafts import OutputDraft, TaskDraft
from rlflow_core.services.task_lists import get_row, version_of
from rlflow_core.services.task_views import output_view, outputs_of, task_view

NOT_STORED = "preview"


@dataclass(frozen=True, slots=True)
class PreviewWish:
    """What to show. What is None comes from the stored task, and without one from the example of the task type."""

    task: str | None = None
    content: Mapping[str, Any] | None = None
    outputs: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A reward schema with its widget; `problem` says why there is none."""

    schema: NamedSchema
    html: Markup | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """One item as an annotator would have it, its outputs in their fixed order; `task_id` is None if not stored."""

    project_id: str
    task_type: str
    guidelines: str
    task_id: str | None
    task: TaskView
    outputs: tuple[OutputView, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    row: Task
    view: TaskView


def preview(
    session: Session, host: PluginHost, viewer: Viewer, project_id: str, wish: PreviewWish
) -> Preview:
    """The first item of what is wished for, under the project's settings in force.

    NotFound for projects that `viewer` does not manage and for tasks of others; Invalid, Conflict and Unavailable
    as for a new task. Where too few outputs are there to be judged, all of them are shown.
    """
    project = get_visible(session, viewer, project_id)
    revision = current_revision(session, project)
    components = components_of(host, revision)
    stored = _stored(session, viewer, project.id, wish.task)
    task = _task(host, components, stored, wish)
    if wish.outputs is None and stored is not None:
        outputs = _stored_outputs(session, revision, stored.row)
    else:
        outputs = _given_outputs(host, components, revision, task, wish.outputs)
    return Preview(
        project_id=project.id,
        task_type=components.task_type.registered.key,
        guidelines=revision.guidelines,
        task_id=stored.row.id if stored else None,
        task=task,
        outputs=outputs,
        questions=tuple(_question(host, schema, task, outputs) for schema in components.reward_schemas),
    )


def _stored(session: Session, viewer: Viewer, project_id: str, task_id: str | None) -> _Stored | None:
    if task_id is None:
        return None
    row = get_row(session, viewer, task_id)
    if row.project_id != project_id:
        raise NotFound("task", task_id)
    return _Stored(row, task_view(row, version_of(session, row)))


def _task(
    host: PluginHost, components: ProjectComponents, stored: _Stored | None, wish: PreviewWish
) -> TaskView:
    if stored is not None and wish.content is None:
        return stored.view
    example = components.task_type.component.example_content
    draft = TaskDraft(example if wish.content is None else wish.content)
    if stored is None:
        return prepare_content(host, components, NOT_STORED, 1, draft).view
    known = stored.view
    draft = replace(draft, tags=known.tags, metadata=known.metadata, key=known.key)
    return prepare_content(host, components, known.id, known.version, draft).view


def _stored_outputs(session: Session, revision: ProjectRevision, task: Task) -> tuple[OutputView, ...]:
    items = select(TaskItem).where(TaskItem.task_id == task.id, TaskItem.wanted > 0)
    item = session.scalar(items.order_by(TaskItem.rank, TaskItem.id).limit(1))
    rows = outputs_of(session, item) if item is not None else _judgeable(session, task)
    return tuple(
        output_view(row, index=place, position=place, hide_model=revision.hide_models)
        for place, row in enumerate(rows)
    )


def _judgeable(session: Session, task: Task) -> Sequence[AgentOutput]:
    query = select(AgentOutput).where(
        AgentOutput.task_id == task.id, AgentOutput.error.is_(None), AgentOutput.stale.is_(False)
    )
    return session.scalars(query.order_by(AgentOutput.index)).all()


def _given_outputs(
    host: PluginHost,
    components: ProjectComponents,
    revision: ProjectRevision,
    task: TaskView,
    texts: Sequence[str] | None,
) -> tuple[OutputView, ...]:
    limits = limits_of(components)
    if texts is None:
        most = min((limit.maximum for limit in limits if limit.maximum is not None), default=None)
        texts = components.task_type.component.example_outputs[:most]
    prepared = prepare_outputs(host, components, task.content, [OutputDraft(text) for text in texts])
    made = {f"{NOT_STORED}-{place}": output for place, output in enumerate(prepared, start=1)}
    together = groups(revision.pairing, list(made), task.id, limits)
    return tuple(
        OutputView(key, made[key].draft.output, place, place, made[key].segments)
        for place, key in enumerate(together[0] if together else made)
    )


def _question(
    host: PluginHost, schema: NamedSchema, task: TaskView, outputs: tuple[OutputView, ...]
) -> Question:
    try:
        return Question(schema, host.templates.widget(schema.bound, schema.name, task, outputs))
    except ComponentFault as fault:
        return Question(schema, None, str(fault))
