"""Everything that an address can name, each thing with an owner, and the people who knock at every door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from import_scene import PAIR, VOTED, ImportScene
from people import Cast, Person
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from rlflow_core.extensions import db
from rlflow_core.models import (
    AgentOutput,
    Base,
    Feedback,
    Notification,
    SignIn,
    Task,
    User,
    new_id,
)
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.roles import Access, access_of
from rlflow_core.security.web_session import COOKIE
from rlflow_core.services import invitations, projects, queue, sign_ins, tokens

# Of a project: its researchers and admins may, other researchers may not know of it.
OF_PROJECT = {"project_id", "task_id", "output_id", "import_id", "job_id", "export_id"}
# Of one person: nobody else may, whatever their role.
OF_PERSON = {"assignment_id", "token_id", "session_id", "notification_id"}
# Admins name these; what they name belongs to nobody.
OF_ALL = {"user_id", "invitation_id"}
# Words, not things: whoever may call may say any.
WORDS = {"kind", "key", "name", "token", "path", "file", "distribution", "version"}


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one route, and what it declares."""

    method: str
    rule: Rule
    access: Access

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"

    @property
    def owned_by_project(self) -> bool:
        """Whether its address names something of a project; feedback is its annotator's to annotators."""
        names = set(self.rule.arguments)
        return bool(names & OF_PROJECT) or ("feedback_id" in names and not self.for_annotators)

    @property
    def owned_by_person(self) -> bool:
        """Whether its address names something of one person."""
        names = set(self.rule.arguments)
        return bool(names & OF_PERSON) or ("feedback_id" in names and self.for_annotators)

    @property
    def for_annotators(self) -> bool:
        """Whether annotators only may call it."""
        return self.access.roles == {"annotator"}


def doors(app: Flask) -> list[Door]:
    """Every method of every route but static files and preflights; one that declares nothing is an error."""
    found = []
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            if rule.endpoint.rpartition(".")[2] == "static":
                continue
            access = access_of(app.view_functions[rule.endpoint], method)
            assert access is not None, f"{method} {rule.rule} declares no role: use @roles or @web_roles"
            found.append(Door(method, rule, access))
    return found


class MatrixScene:
    """Alice's project with Bob at work in it; Eve is a researcher and Charlie an annotator of other projects."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.cast = Cast(app)
        self.eve = self.cast.join("eve@example.org", "researcher")
        self._cookies: dict[str, str] = {}
        with app.app_context():
            scene = ImportScene(self.cast.alice)
            done = scene.run([VOTED, PAIR, PAIR, "{"])
            other = ImportScene(self.eve)
            db.transact(projects.add_member, scene.project_id, self.cast.bob.id, "annotator")
            db.transact(projects.add_member, other.project_id, self.cast.charlie.id, "annotator")
            claimed = db.transact(queue.claim, scene.project_id, self.cast.bob.id, get_host().component_set())
            assert claimed is not None
            offer = db.transact(invitations.create, self.cast.dora.viewer, None, "annotator", None, 7)
            self.ids = {
                "project_id": scene.project_id,
                "import_id": done.id,
                "job_id": done.job_id,
                "assignment_id": claimed.id,
                "task_id": db.read.scalars(select(Task.id).order_by(Task.id)).first() or "",
                "output_id": db.read.scalars(select(AgentOutput.id)).first() or "",
                "feedback_id": db.read.scalars(select(Feedback.id)).first() or "",
                "user_id": self.cast.charlie.id,
                "invitation_id": offer.view.id,
                "kind": "task_type",
                "key": "qa",
                "name": "manifest.json",
            }
        answer = self.cast.as_(self.cast.alice).post(
            "/api/v1/exports", json={"project": scene.project_id, "format": "jsonl", "layout": "dpo"}
        )
        assert answer.status_code == 200, answer.get_json()
        self.ids["export_id"] = answer.headers["X-RLFlow-Export"]

    def api_token(self, person: Person, scope: str) -> dict[str, str]:
        """The headers of a new API token."""
        with self.app.app_context():
            made = db.transact(tokens.create, person.viewer, "matrix", scope, 1)
        return {"Authorization": f"Bearer {made.secret}"}

    def knock(
        self,
        door: Door,
        person: Person | None,
        *,
        owner: Person | None = None,
        headers: dict[str, str] | None = None,
        body: Any = None,
        path: str | None = None,
        seen: str | None = None,
    ) -> TestResponse:
        """The answer to `person` at `door`; what the address names of a person is of `owner` (by default Bob).

        `seen` goes into If-Match.
        """
        address = path or self.address(door, owner or self.cast.bob)
        client = self.app.test_client()
        if door.access.face == "web":
            sent = {"data": body or {}} if door.method not in {"GET", "HEAD"} else {}
            return client.open(address, method=door.method, headers=self._sign_in(client, person), **sent)
        shown = dict(headers or (person.headers if person else {}))
        if seen is not None:
            shown["If-Match"] = seen
        if door.method in {"GET", "HEAD"}:
            return client.open(address, method=door.method, headers=shown)
        return client.open(address, method=door.method, headers=shown, json={} if body is None else body)

    def address(self, door: Door, owner: Person) -> str:
        """Where the door is; an argument that is not known here is an error."""
        values = {name: self._value(name, owner, door) for name in door.rule.arguments}
        built = door.rule.build(values)
        assert built is not None
        return built[1]

    def fingerprint(self) -> dict[str, int]:
        """How many rows each table has, but for the audit log and for what addresses name and are made for it."""
        with self.app.app_context():
            return {
                name: db.read.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
                if name not in {"audit_events", "sessions", "notifications", "api_tokens"}
            }

    def _value(self, name: str, owner: Person, door: Door) -> str:
        if name in OF_PERSON - {"assignment_id"} or (name == "feedback_id" and door.for_annotators):
            return self._of_person(name, owner)
        known = OF_PROJECT | OF_PERSON | OF_ALL | WORDS | {"feedback_id"}
        assert name in known, f"say in matrix_scene whose the argument {name!r} of {door} is"
        return self.ids.get(name) or new_id()

    def _of_person(self, name: str, owner: Person) -> str:
        with self.app.app_context():
            if name == "token_id":
                return db.transact(tokens.create, owner.viewer, "matrix", "read", 1).view.id
            if name == "notification_id":
                return db.transact(_notify, owner.id)
            if name == "session_id":
                db.transact(sign_ins.open_web, owner.id)
                found = db.read.scalars(select(SignIn.id).where(SignIn.user_id == owner.id)).all()
                return max(found)
            found = db.read.scalars(select(Feedback.id).join(User).where(User.id == owner.id)).all()
            return next(iter(found), self.ids["feedback_id"])

    def _sign_in(self, client: Any, person: Person | None) -> dict[str, str]:
        if person is None:
            page = client.get("/sign-in").get_data(as_text=True)
        else:
            with self.app.app_context():
                secret = db.transact(sign_ins.open_web, person.id)
            client.set_cookie(COOKIE, secret)
            page = client.get("/account").get_data(as_text=True)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token, page
        return {"X-CSRF-Token": token[1]}


def _notify(session: Any, user_id: str) -> str:
    row = Notification(id=new_id(), user_id=user_id, kind="job_done", topic=new_id())
    session.add(row)
    session.flush()
    return row.id
