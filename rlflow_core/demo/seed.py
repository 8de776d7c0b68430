"""Fills an empty instance with people and the sample projects; what is there already stays as it is."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.demo import pandalm
from rlflow_core.extensions import db
from rlflow_core.models import Project, User, new_id
from rlflow_core.plugin_api import SchemaChoice
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import accounts, imports, project_changes, projects, sign_ins
from rlflow_core.services.errors import Conflict, Invalid
from rlflow_core.services.project_settings import Choice, ProjectSettings

FOLDER = Path(__file__).parent
# The small ones first: people look at what is there while the others are read.
SAMPLES = ("humaneval", "gsm8k", "pandalm")
OPEN_PAIRS = 100
log = logging.getLogger(__name__)

PEOPLE = {
    "researcher": "researcher@example.org",
    "annotator": "annotator@example.org",
    "admin": "admin@example.org",
}


@dataclass(frozen=True, slots=True)
class DemoLink:
    """A link that signs one of the demo's people in, once."""

    role: str
    email: str
    path: str


def seed() -> None:
    """Make the people and the sample projects with their imports, unless they are there."""
    viewers = {role: _person(email, role) for role, email in PEOPLE.items()}
    for sample in SAMPLES:
        _seed_project(sample, viewers["researcher"], viewers["annotator"].id)


def _seed_project(sample: str, researcher: Viewer, annotator_id: str) -> None:
    definition = json.loads((FOLDER / sample / "project.json").read_text(encoding="utf-8"))
    try:
        settings = project_changes.checked(get_host(), _settings(definition))
    except (Invalid, Conflict) as error:
        # Whoever switches plugins off gets the projects that need none of them.
        log.warning("The sample project %s is left out: %s", definition["name"], error)
        return
    created = db.transact(_project, researcher, annotator_id, definition["name"], settings)
    if created is None:
        return
    import_id = new_id()
    path = imports.folder(current_app.config["RLFLOW"]) / imports.file_name_for(import_id)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in tasks_of(sample))
    component_set_id = get_host().component_set()
    db.transact(imports.start, researcher, created, import_id, f"{sample}.jsonl", component_set_id)


def tasks_of(sample: str) -> Iterator[str]:
    """The lines that a sample project imports."""
    ready = FOLDER / sample / "tasks.jsonl"
    if ready.exists():
        return (line for line in ready.read_text(encoding="utf-8").split("\n") if line)
    return (json.dumps(line, ensure_ascii=False) for line in pandalm.lines(open_tasks=OPEN_PAIRS))


def links() -> list[DemoLink]:
    """A fresh one-time sign-in link for each role."""
    return [
        DemoLink(role, email, f"/link/{db.transact(sign_ins.create_sign_in_link, email)}")
        for role, email in PEOPLE.items()
    ]


def _person(email: str, role: str) -> Viewer:
    user = db.read.scalar(select(User).where(User.email == email))
    if user is None:
        # Nobody knows this password: the demo's people sign in by link.
        new = accounts.credentials(email, secrets.token_urlsafe(32))
        db.transact(accounts.create_user, new, role)
        user = db.read.scalars(select(User).where(User.email == email)).one()
    return sign_ins.viewer_from(user)


def _project(
    session: Session, researcher: Viewer, annotator_id: str, name: str, settings: ProjectSettings
) -> str | None:
    """The id of the new project; None if the researcher has one of this name."""
    if session.scalar(select(Project.id).filter_by(creator_id=researcher.id, name=name)) is not None:
        return None
    project = projects.create(session, researcher, name, settings)
    projects.add_member(session, project.id, annotator_id, "annotator")
    return project.id


def _settings(definition: dict[str, Any]) -> ProjectSettings:
    return ProjectSettings(
        task_type=Choice(**definition["task_type"]),
        reward_schemas=tuple(SchemaChoice(**choice) for choice in definition["reward_schemas"]),
        wanted=definition["wanted"],
        guidelines=definition["guidelines"],
    )
