"""A task that models are asked about, and short words for asking."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from people import Cast, ClientOf, Person
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import AgentOutput, Job
from rlflow_core.services import jobs
from rlflow_core.services.jobs import JobView

PROVIDERS = ("groq", "openai_compatible")
IMPATIENT = {
    "RLFLOW_GENERATION_SECONDS": "25",
    "RLFLOW_GENERATION_SILENCE": "1.0",
    "RLFLOW_GENERATION_RETRY": "0.01",
    "RLFLOW_RATELIMIT_ENABLED": "0",
}


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    name: str
    data: dict[str, Any]


class GenerationScene:
    """Alice's task, about which she asks models."""

    def __init__(self, app: Flask, cast: Cast | None = None, **task: Any) -> None:
        self.app = app
        self.cast = cast or Cast(app)
        self.alice = self.cast.as_(self.cast.alice)
        body = {"type": "qa", "prompt": "What is two plus two?", **task}
        made = self.alice.post("/api/v1/tasks", json=body)
        assert made.status_code == 201, made.text
        self.task_id: str = made.json["id"]
        self.project_id: str = made.json["project"]

    @property
    def path(self) -> str:
        """Where generations are asked for."""
        return f"/api/v1/tasks/{self.task_id}/generate"

    def ask(self, *, of: ClientOf | None = None, **body: Any) -> Any:
        """The answer to a request for outputs."""
        return (of or self.alice).post(self.path, json=body)

    def job(self, **body: Any) -> JobView:
        """The job that was asked for, run to its end."""
        answer = self.ask(**body)
        assert answer.status_code == 202, answer.text
        return self.run(answer.json["id"])

    def run(self, job_id: str) -> JobView:
        """The job after a worker had it."""
        with self.app.app_context():
            run_job(job_id)
            found = jobs.get(db.read, job_id)
        assert found is not None
        return found

    def events(self, **body: Any) -> list[Event]:
        """What is streamed, once it is over."""
        answer = self.ask(**body, stream=True)
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == "text/event-stream"
        body = answer.get_data()
        # As a server does when the last byte is sent.
        answer.close()
        return read_events(body)

    def outputs(self) -> list[dict[str, Any]]:
        """The outputs that can be judged, as their researcher sees them."""
        return [row for row in self._listed() if row["error"] is None]

    def failures(self) -> list[dict[str, Any]]:
        """The attempts that gave nothing."""
        return [row for row in self._listed() if row["error"] is not None]

    def handed_to(self, person: Person) -> dict[str, Any] | None:
        """The assignment that an annotator is handed out next."""
        answer = self.cast.as_(person).post("/api/v1/annotator/queue/next", json={"project": self.project_id})
        assert answer.status_code == 200, answer.text
        handed: dict[str, Any] | None = answer.json["assignment"]
        return handed

    def rows(self) -> int:
        """All rows of outputs there are."""
        with self.app.app_context():
            return len(db.read.scalars(select(AgentOutput)).all())

    def run_all(self, kind: str) -> None:
        """Run every job of this kind that waits."""
        with self.app.app_context():
            waiting = db.read.scalars(select(Job.id).where(Job.kind == kind, Job.state == "queued")).all()
            for job_id in waiting:
                run_job(job_id)

    def _listed(self) -> list[dict[str, Any]]:
        answer = self.alice.get(f"/api/v1/tasks/{self.task_id}/outputs")
        assert answer.status_code == 200
        listed: list[dict[str, Any]] = answer.json["items"]
        return listed


def read_events(body: bytes) -> list[Event]:
    """The events in a body of server-sent events; comments are left out."""
    found = []
    for block in body.decode().split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            name, data = lines
            found.append(Event(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


@pytest.fixture
def scene_of(app_with: Callable[..., Flask]) -> Iterator[Callable[..., GenerationScene]]:
    """`scene_of(RLFLOW_GENERATION_RATE="2")`: a task on SQLite, with little patience for models."""
    yield lambda **environ: GenerationScene(app_with(**{**IMPATIENT, **environ}))


@pytest.fixture
def scene(scene_of: Callable[..., GenerationScene]) -> GenerationScene:
    """A task on SQLite, with little patience for models."""
    return scene_of()
