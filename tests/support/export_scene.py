"""A project with labels to export, and short words for what tests do with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from factories import make_member, make_project, make_task
from flask.testing import FlaskClient
from labels import prefer
from people import Cast, Person
from sqlalchemy import Executable, Select
from sqlalchemy.orm import Session

from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.jobs.inline import run_now_or_wait
from rlflow_core.models import ProjectMember, TaskItem, User
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services.exports.dataset import ExportDataset
from rlflow_core.services.exports.filters import load_filters
from rlflow_core.services.exports.orders import Wish, order
from rlflow_core.services.exports.rows import Rows
from rlflow_core.services.exports.snapshot import snapshot
from rlflow_core.services.jobs import JobView

R = TypeVar("R")


class ExportScene:
    """Alice's project with three annotators."""

    def __init__(self, cast: Cast, **settings: Any) -> None:
        self.cast = cast
        self.app = cast.app
        self.project_id, self.annotators = self.do(self._fill, settings)

    def _fill(self, session: Session, settings: dict[str, Any]) -> tuple[str, list[ProjectMember]]:
        alice = session.get_one(User, self.cast.alice.id)
        project = make_project(session, alice, **settings)
        self.project = project
        make_member(session, project, alice, role="researcher")
        return project.id, [make_member(session, project) for _ in range(3)]

    def item(
        self,
        *labels: str,
        outputs: tuple[str, ...] = ("Four.", "Five."),
        strength: float = 1,
        votes: dict[str, Any] | None = None,
        **task: Any,
    ) -> TaskItem:
        """A new item on which the annotators voted one after the other: first, second, tie or both_bad."""

        def make(session: Session) -> TaskItem:
            item = make_task(session, self.project, outputs, **task)
            for annotator, label in zip(self.annotators, labels, strict=False):
                prefer(session, item, annotator, label, strength, **(votes or {}))
            return item

        return self.do(make)

    def do(self, work: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """What `work(session, ...)` returns, in one transaction."""
        with self.app.app_context():
            return db.transact(work, *args, **kwargs)

    def execute(self, statement: Executable) -> None:
        """One statement, in a transaction of its own."""
        self.do(Session.execute, statement)

    def scalars(self, query: Select[Any]) -> list[Any]:
        """What a query finds, of one column."""
        with self.app.app_context():
            return list(db.read.scalars(query))

    def client(self, person: Person | None = None) -> FlaskClient:
        """A client of the API, Alice's if nobody else is named."""
        return self.cast.as_(person or self.cast.alice)

    def post(self, path: str = "", **body: Any) -> Any:
        """Alice's request to /exports."""
        return self.client().post(f"/api/v1/exports{path}", json=body)

    def get(self, path: str) -> Any:
        """Alice's look at something below /exports."""
        return self.client().get(f"/api/v1/exports{path}")

    def rows(self, **body: Any) -> list[dict[str, Any]]:
        """The rows of a small JSONL export, of pairs unless another layout is named."""
        return lines(self.exported(**body).data)

    def exported(self, **body: Any) -> Any:
        """The answer to a small JSONL export, of pairs unless another layout is named; it must succeed."""
        answer = self.post(**{"project": self.project_id, "layout": "dpo", **body})
        assert answer.status_code == 200, answer.json
        return answer

    def dropped(self, **body: Any) -> dict[str, int]:
        """What a small JSONL export leaves out, by reason."""
        export_id = self.exported(**body).headers["X-RLFlow-Export"]
        counts: dict[str, int] = self.get(f"/{export_id}").json["dropped"]
        return counts

    def job(self, **body: Any) -> dict[str, Any]:
        """An export by a job, of pairs unless another layout is named, run to its end."""
        export = self.post(**{"project": self.project_id, "layout": "dpo", "stream": False, **body}).json
        self.run(export["job_id"])
        ended: dict[str, Any] = self.get(f"/{export['id']}").json
        return ended

    def run(self, job_id: str) -> JobView:
        """The job, run in this process."""
        with self.app.app_context():
            return run_now_or_wait(job_id)

    def folder(self, export_id: str) -> Path:
        """Where the files of an export are."""
        settings: Settings = self.app.config["RLFLOW"]
        return settings.data_dir / "exports" / export_id

    @contextmanager
    def dataset(self, limit: int | None = None, **filters: Any) -> Iterator[ExportDataset]:
        """The dataset that an exporter of this project would get."""
        with self.app.app_context():
            wish = Wish(project=self.project_id, filters=load_filters(filters))
            wanted = order(db.read, get_host(), self.cast.alice.viewer, wish)
            with snapshot() as session:
                yield Rows(get_host(), wanted, session, limit).dataset


def lines(data: bytes) -> list[dict[str, Any]]:
    """The rows of JSONL."""
    return [json.loads(line) for line in data.split(b"\n") if line]


def names(folder: Path) -> Sequence[str]:
    """The names of the files in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
