"""A project to import into, and short words for what tests do with it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from people import Person
from queue_invariants import broken_rules
from sqlalchemy import func, select

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import imports, projects
from rlflow_core.services.import_files import kept
from rlflow_core.services.import_sources.columns import ColumnMap
from rlflow_core.services.imports import ImportView, Problem
from rlflow_core.services.project_changes import checked
from rlflow_core.services.project_settings import Choice, ProjectSettings
from rlflow_core.this_app import this_app

DEFAULTS = ProjectSettings(task_type=Choice("qa"))
PAIR = {"prompt": "What is two plus two?", "outputs": ["Four.", "Five."]}
VOTED = {**PAIR, "feedback": [{"annotator": "ann", "preference": "first"}]}


class ImportScene:
    """A project of `maker`; needs an application context."""

    def __init__(self, maker: Person | Viewer, **settings: Any) -> None:
        self.viewer = maker.viewer if isinstance(maker, Person) else maker
        self.app = this_app()
        filled = checked(get_host(), replace(DEFAULTS, **settings))
        self.project_id = db.transact(projects.create, self.viewer, "Imported", filled).id

    def upload(self, data: bytes, name: str = "tasks.jsonl", columns: ColumnMap | None = None) -> ImportView:
        """The import of a file with these bytes, whose job has not run."""
        with kept(self.app.config["RLFLOW"], io.BytesIO(data), name) as stored:
            return db.transact(
                imports.start,
                self.viewer,
                self.project_id,
                stored.import_id,
                name,
                kind=stored.kind,
                columns=columns,
            )

    def run(
        self,
        data: bytes | Sequence[Mapping[str, Any] | str],
        name: str = "tasks.jsonl",
        columns: ColumnMap | None = None,
    ) -> ImportView:
        """The finished import of these lines, after which all rules of the queue hold."""
        started = self.upload(data if isinstance(data, bytes) else as_file(data), name, columns)
        run_job(started.job_id)
        done = imports.get(db.read, self.viewer, started.id)
        assert done.state == "done", done.error
        assert db.transact(broken_rules) == []
        return done

    def refusals(self, lines: Sequence[Mapping[str, Any] | str]) -> list[Problem]:
        """The problems of these lines, which must all be refused and leave nothing."""
        done = self.run(lines)
        assert (done.lines, done.tasks, done.outputs, done.votes) == (len(lines), 0, 0, 0)
        problems = imports.problems(db.read, self.viewer, done.id, limit=len(lines) + 1)
        assert [problem.line for problem in problems] == list(range(1, len(lines) + 1))
        return problems

    def refusal(self, line: Mapping[str, Any] | str) -> tuple[str, str]:
        """Field and reason of the one line, which must be refused and leave nothing."""
        problem = self.refusals([line])[0]
        return problem.field, problem.reason


def as_file(lines: Sequence[Mapping[str, Any] | str]) -> bytes:
    """The lines as a file of JSON lines; texts stand as they are."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "surrogatepass")


def count(model: type[Any]) -> int:
    """How many rows a table has."""
    return db.read.scalar(select(func.count()).select_from(model)) or 0


def only(model: type[Any]) -> Any:
    """The only row of a table."""
    return db.read.scalars(select(model)).one()
