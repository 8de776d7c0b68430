"""Storing tasks: new ones in bulk, new versions, further outputs. All components have been asked before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.models import Project, ProjectRevision, Task, db_now
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services import events, jobs
from rlflow_core.services.errors import Conflict
from rlflow_core.services.inserts import Origin, Rows
from rlflow_core.services.projects import get_visible
from rlflow_core.services.task_content import PreparedTask
from rlflow_core.services.task_lists import TaskDetail, get
from rlflow_core.services.task_rows import add_task


@dataclass(frozen=True, slots=True)
class Inserted:
    """How much was stored."""

    tasks: int
    outputs: int
    empty_outputs: int
    items: int
    votes: int


def create(
    session: Session,
    viewer: Viewer,
    project_id: str,
    revision: ProjectRevision,
    prepared: Sequence[PreparedTask],
) -> list[TaskDetail]:
    """New tasks of a project as its researchers see them; Conflict where a key is taken or the project archived."""
    get_visible(session, viewer, project_id)
    project = hold_project(session, project_id)
    keys = [task.draft.key for task in prepared if task.draft.key is not None]
    taken = set(keys_taken(session, project.id, keys)) | {key for key in keys if keys.count(key) > 1}
    if taken:
        raise Conflict(
            "The project has a task of this key already.",
            {"key": [f"{key!r} is taken." for key in sorted(taken)]},
            code="key_taken",
        )
    insert(session, project, revision, viewer.id, prepared)
    enqueue_ranking(session, project.id)
    return [get(session, viewer, task.id) for task in prepared]


def insert(
    session: Session,
    project: Project,
    revision: ProjectRevision,
    creator_id: str,
    prepared: Sequence[PreparedTask],
    import_id: str | None = None,
    *,
    component_set_id: str | None = None,
    annotators: Mapping[str, str] | None = None,
) -> Inserted:
    """The tasks stored with their outputs, items and votes, a statement per table; the project is held (hold_project).

    Their items can be taken at once, in the order of arrival, until the job `assign` has ranked them.
    """
    origin = Origin(
        revision=revision,
        creator_id=creator_id,
        now=session.scalars(select(db_now())).one(),
        import_id=import_id,
        component_set_id=component_set_id,
        annotators=annotators or {},
        tasks_announced=not events.is_heard(events.TASK_OPENED),
        votes_announced=not events.is_heard(events.FEEDBACK_SUBMITTED),
    )
    last = session.scalar(select(func.max(Task.seq)).where(Task.project_id == project.id)) or 0
    rows = Rows()
    for seq, task in enumerate(prepared, start=last + 1):
        add_task(rows, origin, task, seq)
    rows.insert(session)
    return Inserted(
        tasks=len(prepared),
        outputs=sum(len(task.outputs) for task in prepared),
        empty_outputs=sum(output.draft.is_empty for task in prepared for output in task.outputs),
        items=sum(len(task.items) for task in prepared),
        votes=sum(len(item.votes) for task in prepared for item in task.items),
    )


def hold_project(session: Session, project_id: str) -> Project:
    """The project, held until the transaction ends, so that its tasks are numbered one after the other.

    Raises Conflict where it is archived.
    """
    project = session.scalars(
        select(Project)
        .where(Project.id == project_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if project.status == "archived":
        raise Conflict("The project is archived. Open it again, or choose another.", code="archived")
    return project


def keys_taken(session: Session, project_id: str, keys: Sequence[str]) -> dict[str, str | None]:
    """The keys that tasks of the project have already, each with the import it came by."""
    if not keys:
        return {}
    rows = session.execute(
        select(Task.key, Task.import_id).where(Task.project_id == project_id, Task.key.in_(keys))
    )
    return {key: import_id for key, import_id in rows if key is not None}


def enqueue_ranking(session: Session, project_id: str) -> str:
    """The job that has the project's router rank its new items; plugins hear of the tasks that these open."""
    events.enqueue_if_heard(session, events.TASK_OPENED, project_id)
    return jobs.enqueue(session, "assign", project_id, project_id=project_id)
