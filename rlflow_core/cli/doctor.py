"""`rlflow doctor`: whether everything that this instance needs is there, and how to mend what is not."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.output import json_option, show
from rlflow_core.config import Settings, SettingsError
from rlflow_core.extensions import db
from rlflow_core.models import db_now

# An upload, what is made of it, and the files of an export, with room to spare.
FREE_MEGABYTES = 1000
CLOCK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `status` is "ok" or "problem", and `text` says what is so, or how to mend it."""

    name: str
    status: str
    text: str


@click.command()
@json_option
@pass_instance
def doctor(instance: Instance, *, as_json: bool) -> None:
    """Check settings, secrets, data folder, database, clock, Redis, workers and plugins; exit code 1 for a problem."""
    findings = list(_findings(instance))
    problems = [one for one in findings if one.status != "ok"]
    told = {"status": "problem" if problems else "ok", "checks": [asdict(one) for one in findings]}
    show(told, "\n".join(f"{one.status:<8} {one.name}: {one.text}" for one in findings), as_json=as_json)
    sys.exit(1 if problems else 0)


def _findings(instance: Instance) -> Iterator[Finding]:
    try:
        settings = instance.settings
    except (SettingsError, OSError, ValueError) as error:
        yield Finding("settings", "problem", f"{error} Nothing else can be checked before that.")
        return
    kind = "production" if settings.is_production else settings.env
    yield Finding("settings", "ok", f"These are settings for {kind}; all can be used.")
    yield Finding("secrets", "ok", _secrets(settings))
    yield _finding("data_dir", _folder_fault(settings.data_dir), f"{settings.data_dir} can be written.")
    with instance.app.app_context():
        yield from _findings_of_app(settings)


def _findings_of_app(settings: Settings) -> Iterator[Finding]:
    from rlflow_core.api.health import all_checks
    from rlflow_core.plugin_host.host import get_host

    checks = all_checks()
    well = _texts_when_well(settings)
    yield _finding("database", checks["database"](), well["database"])
    yield _finding("clock", _clock_fault(), "It goes with that of the database.")
    for name, check in checks.items():
        if name not in ("database", "plugins"):
            yield _finding(name, check(), well.get(name, "Its plugin finds nothing wrong."))
    problems = get_host().problems
    for problem in problems:
        yield Finding(
            "plugins", "problem", f"{problem} Mend it, or leave it out with RLFLOW_DISABLED_PLUGINS."
        )
    if not problems:
        yield Finding("plugins", "ok", "All were loaded.")


def _texts_when_well(settings: Settings) -> Mapping[str, str]:
    if settings.redis_url:
        redis, workers = "Redis takes messages.", "A worker has looked for work lately."
    else:
        redis, workers = "No Redis is set, and none is needed.", "`rlflow up` does the work itself."
    return {
        "database": "It answers and is at the newest migration.",
        "broker": redis,
        "jobs": workers,
    }


def _finding(name: str, fault: str | None, well: str) -> Finding:
    return Finding(name, "ok", well) if fault is None else Finding(name, "problem", fault)


def _secrets(settings: Settings) -> str:
    # Settings with missing or known secrets are refused where others depend on them.
    if settings.is_production:
        return "Both keys are set, differ, and are no published values."
    return "Keys that are not set are made once and kept in the data folder."


def _folder_fault(folder: Path) -> str | None:
    """What is wrong with the data folder, or with the one that it will be made in."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"rlflow")
        free = shutil.disk_usage(existing).free // 1_000_000
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return (
            f"{folder} cannot be written ({reason}). Make it a folder of the user that runs RLFlow, or name "
            "another in RLFLOW_DATA_DIR."
        )
    if free < FREE_MEGABYTES:
        return f"{free} MB are free for {folder}; uploads and exports need {FREE_MEGABYTES} MB. Make room."
    return None


def _clock_fault() -> str | None:
    try:
        with db.reading() as session:
            before = datetime.now(UTC)
            theirs = session.scalars(select(db_now())).one()
            after = datetime.now(UTC)
    except SQLAlchemyError:
        return "The database does not tell the time. Mend the database first."
    seconds = (theirs - (before + (after - before) / 2)).total_seconds()
    if abs(seconds) <= CLOCK_SECONDS:
        return None
    direction = "ahead of" if seconds > 0 else "behind"
    return (
        f"The clock of the database is {abs(seconds):.0f} seconds {direction} this one's, so leases and links end "
        "at the wrong time. Let NTP set both clocks."
    )
