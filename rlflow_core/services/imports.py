"""Imports: a file is remembered, stored batch by batch, and every refused line is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from rlflow_core.config import Settings
from rlflow_core.models import ImportProblem, Job, Project, ProjectRevision, TaskImport, is_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import audit, events, jobs, tasks
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import NotFound
from rlflow_core.services.import_sources.columns import ColumnMap
from rlflow_core.services.imported_annotators import ensure
from rlflow_core.services.project_settings import ProjectComponents, components_of
from rlflow_core.services.projects import current_revision, get_visible, visible_to
from rlflow_core.services.task_content import PreparedTask

MAX_PROBLEMS = 10_000
FIRST_PROBLEMS = 20
MAX_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """A refused line, counted from 1: which field, if it is known, and why."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportView:
    """How far an import is: `lines` read, what came of them, and the state of the job that does it."""

    id: str
    project_id: str
    job_id: str
    state: str
    error: str | None
    file_name: str
    lines: int
    tasks: int
    outputs: int
    empty_outputs: int
    votes: int
    refused: int
    problems: tuple[Problem, ...]
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OpenImport:
    """An import at work: where its file is, how many lines are done, and what the lines are checked by."""

    id: str
    project_id: str
    creator_id: str
    stored_as: str
    lines: int
    revision: ProjectRevision
    components: ProjectComponents


@dataclass(frozen=True, slots=True)
class Batch:
    """The lines `first` to `last` of an import: what they became, and why the others were refused."""

    first: int
    last: int
    tasks: Sequence[tuple[int, PreparedTask]]
    problems: Sequence[Problem]


class Overtaken(Exception):
    """Another attempt at the same import has stored these lines; this one must stop."""


def folder(settings: Settings) -> Path:
    """The folder of uploaded files, made if it is missing."""
    path = settings.data_dir / "imports"
    path.mkdir(parents=True, exist_ok=True)
    return path


def file_name_for(import_id: str, kind: str = "jsonl") -> str:
    """The server-made name of an uploaded file of this kind; what the user called it never names a file here."""
    return f"{import_id}.{kind}"


def start(
    session: Session,
    viewer: Viewer,
    project_id: str,
    import_id: str,
    file_name: str,
    component_set_id: str | None = None,
    *,
    kind: str = "jsonl",
    columns: ColumnMap | None = None,
) -> ImportView:
    """A new import of the file that is stored already, with its job; `columns` renames its columns."""
    get_visible(session, viewer, project_id)
    tasks.hold_project(session, project_id)
    session.add(
        TaskImport(
            id=import_id,
            project_id=project_id,
            created_by=viewer.id,
            file_name=file_name[-255:],
            stored_as=file_name_for(import_id, kind),
        )
    )
    audit.record(session, Action.IMPORT_MADE, ("import", import_id), project=project_id, file=file_name)
    jobs.enqueue(
        session,
        "import",
        import_id,
        args={"columns": dict(columns)} if columns else None,
        project_id=project_id,
        created_by=viewer.id,
        component_set_id=component_set_id,
    )
    return get(session, viewer, import_id)


def get(session: Session, viewer: Viewer, import_id: str) -> ImportView:
    """The import with its first problems, if `viewer` may manage its project; NotFound else."""
    row = _row(session, viewer, import_id)
    (job,) = _jobs(session, [row.id]).values()
    return _view(row, job, _problems(session, row.id, FIRST_PROBLEMS, after=0))


def list_visible(
    session: Session, viewer: Viewer, *, project_id: str | None = None, before: str | None = None, limit: int
) -> list[ImportView]:
    """At most `limit` imports of projects that `viewer` may manage, newest first, from the one after `before`.

    Their problems are left out.
    """
    query = select(TaskImport).order_by(TaskImport.id.desc()).limit(limit)
    if project_id is not None:
        query = query.where(TaskImport.project_id == get_visible(session, viewer, project_id).id)
    else:
        query = query.where(TaskImport.project_id.in_(visible_to(viewer).with_only_columns(Project.id)))
    if before is not None:
        query = query.where(TaskImport.id < before)
    rows = session.scalars(query).all()
    found = _jobs(session, [row.id for row in rows])
    return [_view(row, found[row.id], ()) for row in rows]


def _jobs(session: Session, ids: Sequence[str]) -> dict[str, Job]:
    """The newest job of each import."""
    query = select(Job).where(Job.kind == "import", Job.subject.in_(ids)).order_by(Job.created_at)
    return {job.subject: job for job in session.scalars(query)}


def _view(row: TaskImport, job: Job, problems: Sequence[Problem]) -> ImportView:
    return ImportView(
        id=row.id,
        project_id=row.project_id,
        job_id=job.id,
        state=job.state,
        error=job.error,
        file_name=row.file_name,
        lines=row.lines,
        tasks=row.tasks,
        outputs=row.outputs,
        empty_outputs=row.empty_outputs,
        votes=row.votes,
        refused=row.refused,
        problems=tuple(problems),
        created_by=row.created_by,
        created_at=row.created_at,
    )


def problems(session: Session, viewer: Viewer, import_id: str, limit: int, after: int = 0) -> list[Problem]:
    """At most `limit` refused lines after line `after`; of very many only the first 10,000 are kept."""
    return _problems(session, _row(session, viewer, import_id).id, limit, after)


def open_import(session: Session, host: PluginHost, import_id: str) -> OpenImport:
    """The import as its job needs it; raises LookupError where it is gone, Conflict where components are."""
    row = session.get(TaskImport, import_id) if is_id(import_id) else None
    if row is None:
        raise LookupError(f"There is no import {import_id}.")
    revision = current_revision(session, session.get_one(Project, row.project_id))
    return OpenImport(
        id=row.id,
        project_id=row.project_id,
        creator_id=row.created_by,
        stored_as=row.stored_as,
        lines=row.lines,
        revision=revision,
        components=components_of(host, revision),
    )


def store(session: Session, opened: OpenImport, batch: Batch, component_set_id: str) -> None:
    """The batch stored with the line that is reached, both or neither; raises Overtaken where it is stored already."""
    project = tasks.hold_project(session, opened.project_id)
    row = _held(session, opened.id)
    if row.lines != batch.first - 1 or not row.stored_as:
        raise Overtaken
    accepted, refused = _without_known_keys(session, row, batch.tasks)
    names = {vote.annotator for task in accepted for item in task.items for vote in item.votes}
    inserted = tasks.insert(
        session,
        project,
        opened.revision,
        opened.creator_id,
        accepted,
        row.id,
        component_set_id=component_set_id,
        annotators=ensure(session, project.id, names) if names else {},
    )
    found = sorted([*batch.problems, *refused], key=lambda problem: problem.line)
    _insert_problems(session, row, found)
    row.lines = batch.last
    row.tasks += inserted.tasks
    row.outputs += inserted.outputs
    row.empty_outputs += inserted.empty_outputs
    row.votes += inserted.votes
    row.refused += len(found)
    session.flush()


def finish(session: Session, import_id: str) -> dict[str, int]:
    """What the import came to; its items get ranked and its votes scored. Doing it twice changes nothing."""
    row = _held(session, import_id)
    if row.stored_as:
        row.stored_as = ""
        if row.tasks:
            tasks.enqueue_ranking(session, row.project_id)
        if row.votes:
            jobs.enqueue(session, "score", row.project_id, project_id=row.project_id)
            events.enqueue_if_heard(session, events.FEEDBACK_SUBMITTED, row.project_id)
        session.flush()
    return {
        "lines": row.lines,
        "tasks": row.tasks,
        "outputs": row.outputs,
        "empty_outputs": row.empty_outputs,
        "votes": row.votes,
        "refused": row.refused,
    }


def _row(session: Session, viewer: Viewer, import_id: str) -> TaskImport:
    row = session.get(TaskImport, import_id) if is_id(import_id) else None
    if row is None:
        raise NotFound("import", import_id)
    try:
        get_visible(session, viewer, row.project_id)
    except NotFound:
        raise NotFound("import", import_id) from None
    return row


def _held(session: Session, import_id: str) -> TaskImport:
    return session.get_one(TaskImport, import_id, with_for_update=True, populate_existing=True)


def _problems(session: Session, import_id: str, limit: int, after: int) -> list[Problem]:
    rows = session.scalars(
        select(ImportProblem)
        .where(ImportProblem.import_id == import_id, ImportProblem.line > after)
        .order_by(ImportProblem.line)
        .limit(limit)
    )
    return [Problem(row.line, row.field, row.reason) for row in rows]


def _without_known_keys(
    session: Session, row: TaskImport, numbered: Sequence[tuple[int, PreparedTask]]
) -> tuple[list[PreparedTask], list[Problem]]:
    keys = [task.draft.key for _, task in numbered if task.draft.key is not None]
    known = tasks.keys_taken(session, row.project_id, keys)
    accepted: list[PreparedTask] = []
    refused: list[Problem] = []
    for line, task in numbered:
        key = task.draft.key
        if key is None or key not in known:
            accepted.append(task)
        elif known[key] == row.id:
            refused.append(Problem(line, "key", f"{key!r} stands on an earlier line of this file."))
        else:
            refused.append(Problem(line, "key", f"{key!r} was imported before."))
        if key is not None:
            known.setdefault(key, row.id)
    return accepted, refused


def _insert_problems(session: Session, row: TaskImport, found: Sequence[Problem]) -> None:
    kept = found[: max(0, MAX_PROBLEMS - row.refused)]
    if kept:
        session.execute(
            insert(ImportProblem),
            [
                {
                    "import_id": row.id,
                    "line": problem.line,
                    "field": problem.field[:200],
                    "reason": problem.reason[:MAX_REASON],
                }
                for problem in kept
            ],
        )
