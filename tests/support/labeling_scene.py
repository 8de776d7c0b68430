"""A project with two tasks, its researcher and its annotator, who label through the API."""

from __future__ import annotations

from typing import Any

from factories import make_member, make_project, make_task
from people import Cast, ClientOf
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import User

WHY = "The first is right and short."


class Scene:
    """Alice's project with two tasks, Bob as its annotator."""

    def __init__(self, cast: Cast, **settings: Any) -> None:
        self.cast = cast
        self.alice, self.bob = cast.as_(cast.alice), cast.as_(cast.bob)
        self.charlie = cast.as_(cast.charlie)
        with cast.app.app_context():
            self.project_id = db.transact(self._build, settings)

    def _build(self, session: Session, settings: dict[str, Any]) -> str:
        project = make_project(session, session.get_one(User, self.cast.alice.id), wanted=2, **settings)
        make_member(session, project, session.get_one(User, self.cast.alice.id), role="researcher")
        make_member(session, project, session.get_one(User, self.cast.bob.id))
        for _ in range(2):
            make_task(session, project)
        return project.id

    def claim(self, client: ClientOf | None = None) -> dict[str, Any]:
        answer = (client or self.bob).post("/api/v1/annotator/queue/next", json={"project": self.project_id})
        assert answer.status_code == 200, answer.json
        assert answer.json["assignment"], answer.json["reason"]
        return answer.json["assignment"]

    def submit(self, assignment: dict[str, Any], **body: Any) -> Any:
        headers = body.pop("headers", {})
        client = body.pop("client", self.bob)
        response = {
            "preference": {"choice": assignment["outputs"][0]["id"], "strength": 2},
            "why": {"text": WHY},
        }
        body = {"assignment_id": assignment["id"], "response": response, **body}
        return client.post("/api/v1/feedback", json=body, headers=headers)

    def count(self, table: Any) -> int:
        with self.cast.app.app_context():
            return db.read.scalar(select(func.count()).select_from(table)) or 0
