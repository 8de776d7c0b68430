"""The job that reads an imported file: some hundred entries a transaction, and it goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from marshmallow import ValidationError

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobCancelled, JobContext, JobFailed, JobLost
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import PluginHost, get_host
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.schemas.import_lines import draft_of
from rlflow_core.services import import_files, imports
from rlflow_core.services.errors import Conflict, ServiceError
from rlflow_core.services.first_problem import first_problem
from rlflow_core.services.import_sources.columns import ColumnMap, ContentFields, line_of, renamed
from rlflow_core.services.import_sources.entries import Entry, LineRefused, Source, Unreadable, batches
from rlflow_core.services.import_sources.kinds import SOURCES
from rlflow_core.services.task_content import PreparedTask, prepare


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the entries of one import are read by."""

    host: PluginHost
    opened: imports.OpenImport
    source: Source
    columns: ColumnMap
    content: ContentFields


@job("import")
def run_import(context: JobContext) -> Mapping[str, Any]:
    """Import the file of the import named by the subject; what is stored is not stored again."""
    host = get_host()
    settings = current_app.config["RLFLOW"]
    try:
        with db.reading() as session:
            opened = imports.open_import(session, host, context.subject)
        if opened.stored_as:
            path = imports.folder(settings) / opened.stored_as
            _store_entries(context, _reading(host, opened, context.args), path)
    except (Conflict, LookupError) as error:
        raise JobFailed(str(error)) from error
    except Unreadable as error:
        raise JobFailed(f"{error} What stands before it was imported.") from error
    except imports.Overtaken:
        raise JobLost from None
    except JobCancelled:
        import_files.discard(settings, context.subject)
        raise
    result = db.transact(imports.finish, opened.id)
    import_files.discard(settings, opened.id)
    return result


def _reading(host: PluginHost, opened: imports.OpenImport, args: Mapping[str, Any]) -> _Reading:
    return _Reading(
        host=host,
        opened=opened,
        source=SOURCES[opened.stored_as.rpartition(".")[2]],
        columns=args.get("columns", {}),
        content=opened.components.task_type.component.CONTENT_SCHEMA().fields,
    )


def _store_entries(context: JobContext, reading: _Reading, path: Path) -> None:
    if not path.is_file():
        raise JobFailed("The uploaded file is not in the data folder any more. Upload it again.")
    component_set_id = reading.host.component_set()
    opened = reading.opened
    context.progress(opened.lines, reading.source.count(path))
    for entries in batches(reading.source.entries(path), skip=opened.lines):
        batch = _read(reading, entries)
        db.transact(imports.store, opened, batch, component_set_id)
        context.progress(batch.last)


def _read(reading: _Reading, entries: Sequence[Entry]) -> imports.Batch:
    prepared: list[tuple[int, PreparedTask]] = []
    problems: list[imports.Problem] = []
    for entry in entries:
        try:
            if entry.refused is not None:
                raise entry.refused
            if entry.value is not None:
                prepared.append((entry.number, _task_of(reading, entry.value)))
        except LineRefused as refused:
            problems.append(imports.Problem(entry.number, refused.field, refused.reason))
    return imports.Batch(entries[0].number, entries[-1].number, prepared, problems)


def _task_of(reading: _Reading, value: Mapping[str, Any]) -> PreparedTask:
    opened = reading.opened
    try:
        line = renamed(value, reading.columns)
        if reading.source.is_flat:
            line = line_of(line, reading.content)
        draft = draft_of(line, reading.content.keys())
        return prepare(reading.host, opened.components, opened.revision.pairing, draft)
    except ValidationError as error:
        raise LineRefused(*first_problem(messages_of(error))) from error
    except ServiceError as error:
        if not error.errors:
            raise LineRefused("", error.message) from error
        raise LineRefused(*first_problem(error.errors)) from error
