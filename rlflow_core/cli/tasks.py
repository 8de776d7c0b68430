"""`rlflow tasks`: bring tasks in from files."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.output import json_option, show
from rlflow_core.cli.progress import progress_bar
from rlflow_core.extensions import db
from rlflow_core.jobs.inline import run_now_or_wait
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import import_files, imports, job_delivery, project_lists
from rlflow_core.services.import_sources.columns import read_map
from rlflow_core.services.imports import ImportView
from rlflow_core.services.job_delivery import STALE_SECONDS


@click.group("tasks")
def tasks() -> None:
    """Bring tasks in from files."""


@tasks.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--project", required=True, help="Name or id of the project.")
@click.option(
    "--columns", default="", help='What columns are called here, as JSON: {"question": "prompt", "*": null}.'
)
@click.option("--wait", is_flag=True, help="Wait until it is done, also where a worker does it.")
@json_option
@pass_instance
def import_file(
    instance: Instance, file: Path, project: str, columns: str, *, wait: bool, as_json: bool
) -> None:
    """Import FILE (JSON lines, a JSON array, CSV or Parquet): each row a task with the outputs and votes it brings."""
    with instance.app.app_context():
        destination = project_lists.find(db.read, project)
        # Whoever runs this instance imports in the name of the person who made the project.
        maker = project_lists.maker(db.read, destination)
        component_set_id = get_host().component_set()
        names = read_map(columns)
        with file.open("rb") as opened, import_files.kept(instance.settings, opened, file.name) as stored:
            started = db.transact(
                imports.start,
                maker,
                destination.id,
                stored.import_id,
                file.name,
                component_set_id,
                kind=stored.kind,
                columns=names,
            )
        if not wait and job_delivery.sweep_seen_within(db.read, STALE_SECONDS):
            text = f"A worker imports {file.name} now. It is job {started.job_id}."
            show(_summary(started), text, as_json=as_json)
            return
        with progress_bar(f"Importing {file.name}") as watch:
            run_now_or_wait(started.job_id, watch)
        done = imports.get(db.read, maker, started.id)
    show(_summary(done), _told(done), as_json=as_json)
    if done.state != "done":
        sys.exit(1)


def _summary(view: ImportView) -> dict[str, object]:
    return {**asdict(view), "created_at": view.created_at.isoformat()}


def _told(view: ImportView) -> str:
    if view.state != "done":
        return f"The import is {view.state}. {view.error or ''}".strip()
    counts = (
        f"Imported {view.tasks} tasks with {view.outputs} outputs ({view.empty_outputs} of them empty) "
        f"and {view.votes} votes; refused {view.refused} lines."
    )
    named = [
        f"  line {problem.line}{f', {problem.field}' if problem.field else ''}: {problem.reason}"
        for problem in view.problems
    ]
    return "\n".join([counts, *named])
