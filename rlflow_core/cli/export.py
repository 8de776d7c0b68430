"""`rlflow export`: a file for a trainer, out of the labels of one project."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.json_values import json_object
from rlflow_core.cli.output import json_option, show
from rlflow_core.cli.progress import progress_bar
from rlflow_core.extensions import db
from rlflow_core.jobs.inline import run_now_or_wait
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import project_lists
from rlflow_core.services.exports import requests
from rlflow_core.services.exports.build import folder_of
from rlflow_core.services.exports.filters import load_filters
from rlflow_core.services.exports.orders import Wish, order
from rlflow_core.services.exports.requests import Export

STDOUT = "-"


@click.command("export")
@click.option("--project", required=True, help="Name or id of the project.")
@click.option("--layout", help="Key of an exporter; without it the default one for the format.")
@click.option("--format", "container", help="jsonl, parquet or csv; without it what the layout prefers.")
@click.option("--config", callback=json_object, default="{}", help="Settings of the layout, as JSON.")
@click.option("--filters", callback=json_object, default="{}", help='As JSON, such as {"min_votes": 3}.')
@click.option("--out", required=True, type=click.Path(dir_okay=False), help="File to write, or - .")
@json_option
@pass_instance
def export(
    instance: Instance,
    project: str,
    layout: str | None,
    container: str | None,
    config: Mapping[str, Any],
    filters: Mapping[str, Any],
    out: str,
    *,
    as_json: bool,
) -> None:
    """Write the labels of a project into a file that a trainer loads."""
    with instance.app.app_context():
        source = project_lists.find(db.read, project)
        # Whoever runs this instance exports in the name of the person who made the project.
        maker = project_lists.maker(db.read, source)
        wish = Wish(source.id, layout, container, config, load_filters(filters))
        host = get_host()
        wanted = order(db.read, host, maker, wish)
        asked = db.transact(requests.create, maker, wanted, host.component_set())
        assert asked.job_id is not None
        with progress_bar(f"Exporting {source.name}") as watch:
            run_now_or_wait(asked.job_id, watch)
        made = requests.get(db.read, asked.id)
        if not made.is_ready:
            raise click.ClickException(f"The export is {made.status}. {made.error or ''}".strip())
        _hand_over(folder_of(instance.settings, made.id) / made.files[-1], out)
    if out != STDOUT:
        show(_summary(made, out), _told(made, out), as_json=as_json)


def _hand_over(source: Path, out: str) -> None:
    if not source.is_file():
        raise click.ClickException(
            "A worker with another data folder made the file. Download it there, or through the API."
        )
    if out == STDOUT:
        with source.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        return
    target = Path(out)
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.copyfile(source, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise click.ClickException(f"{out} cannot be written ({error.strerror}).") from error


def _summary(made: Export, out: str) -> dict[str, Any]:
    fields = ("id", "project", "layout", "format", "rows", "dropped", "sha256")
    return {**{name: getattr(made, name) for name in fields}, "out": out}


def _told(made: Export, out: str) -> str:
    dropped = made.dropped or {}
    reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
    return f"Wrote {made.rows} rows to {out}." + (f" Left out: {reasons}." if reasons else "")
