"""A project of a size that can be chosen, and for every request things of its own, so that none disturbs the next."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from factories import make_member, make_project, make_task, make_user
from flask import Flask
from import_scene import PAIR, VOTED, ImportScene, as_file
from labels import prefer
from people import PASSWORD, Cast
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Notification, Project, TaskItem, User, new_id

API = "/api/v1"
ANSWER = {"preference": {"choice": "tie"}, "why": {"text": "Both are right."}}
# More than all requests together take, so that nobody finds the queue empty.
PLACES = 1000


class CountScene:
    """Alice's project with `size` tasks; whatever else a list may show is there as often.

    The words that requests use, such as `$assignment`, are the names of the methods of `Words`.
    """

    def __init__(self, app: Flask, size: int) -> None:
        self.app, self.size = app, size
        self.cast = Cast(app)
        with app.app_context():
            self.project_ids, self.task_id = db.transact(self._build)
            self.imports = [self.imported() for _ in range(size)]
        self.alice, self.dora = self.client("alice"), self.client("dora")
        for client in (self.alice, self.dora):
            self._settle(client)

    def client(self, who: str) -> Any:
        """A client of alice, dora or nobody, or of an annotator who is new each time.

        A stranger is in no project, a veteran has judged in one, and a settled one has much of their own besides.
        """
        if who == "nobody":
            return self.cast.anonymous()
        if who in {"alice", "dora"}:
            return self.cast.as_(getattr(self.cast, who))
        client = self.cast.as_(self.cast.join(f"{new_id()}@example.org", "annotator"))
        if who != "stranger":
            with self.app.app_context():
                db.transact(self._enter, client.person.id)
        if who == "settled":
            self._settle(client)
        return client

    def task(self) -> str:
        """A new task with two outputs, judged as often as the scene is large."""
        with self.app.app_context():
            return db.transact(self._new_task)

    def imported(self) -> Any:
        """An import of its own project, with as many tasks and refused lines as the scene is large."""
        with self.app.app_context():
            return ImportScene(self.cast.alice).run([VOTED, *[PAIR, "{"] * self.size])

    def _build(self, session: Session) -> tuple[list[str], str]:
        alice = session.get_one(User, self.cast.alice.id)
        self.voters = [make_user(session).id for _ in range(2 * self.size)]
        projects = [self._project(session, alice) for _ in range(self.size)]
        self.project_ids = [project.id for project in projects]
        judged = [make_task(session, projects[0], wanted=PLACES) for _ in range(self.size)]
        self.items = [item.id for item in judged]
        for item in judged + [make_task(session, project, wanted=PLACES) for project in projects]:
            self._vote(session, item, 2)
        # Two answers are what a preference compares; this one is there to be looked at.
        answers = tuple(f"It is {number}." for number in range(self.size + 1))
        first = make_task(session, projects[0], answers, wanted=PLACES, status="paused")
        self._vote(session, first, 2 * self.size)
        return self.project_ids, first.task_id

    def _project(self, session: Session, alice: User) -> Project:
        scorers = [{"key": "agreement", "config": {}}]
        project = make_project(session, alice, scorers=scorers)
        make_member(session, project, alice, role="researcher")
        for voter in self.voters:
            make_member(session, project, session.get_one(User, voter))
        return project

    def _vote(self, session: Session, item: TaskItem, votes: int) -> None:
        for voter in self.voters[:votes]:
            prefer(session, item, voter, "first")
            item.places_left -= 1

    def _enter(self, session: Session, user_id: str) -> None:
        for project_id in self.project_ids:
            make_member(session, session.get_one(Project, project_id), session.get_one(User, user_id))
        for item_id in self.items:
            item = session.get_one(TaskItem, item_id)
            prefer(session, item, user_id, "first", created_at=datetime.now(UTC))
            item.places_left -= 1

    def _new_task(self, session: Session) -> str:
        item = make_task(session, session.get_one(Project, self.project_ids[0]), wanted=PLACES)
        self._vote(session, item, self.size)
        return item.task_id

    def _settle(self, client: Any) -> None:
        """Give a person sign-ins, API tokens and notifications."""
        for number in range(self.size):
            sign_in(self.cast.anonymous(), client.person.email)
            ok(client.post(f"{API}/tokens", json={"name": f"Script {number}"}))
            self.notify(client)

    def notify(self, client: Any) -> str:
        """A notification for the person."""
        row = Notification(id=new_id(), user_id=client.person.id, kind="job_done", topic=new_id())
        with self.app.app_context():
            db.transact(lambda session: session.add(row))
        return row.id


class Words:
    """What the words in addresses and bodies stand for, made anew for the client that asks."""

    def __init__(self, scene: CountScene, client: Any) -> None:
        self.scene, self.client, self.alice = scene, client, scene.alice

    def project(self) -> str:
        """The project that has most of everything."""
        return self.scene.project_ids[0]

    def closed_project(self) -> str:
        """A project in which the person has just judged."""
        self.feedback()
        return self.project()

    def revision(self) -> int:
        """Which revision the project is at."""
        return int(ok(self.alice.get(f"{API}/projects/{self.project()}")).json["revision"])

    def code(self) -> str:
        """The code that opens the project."""
        path = f"{API}/projects/{self.project()}"
        return str(
            ok(self.alice.put(path, json={"revision": self.revision(), "entry": "code"})).json["entry_code"]
        )

    def task(self) -> str:
        """The task that has most of everything."""
        return self.scene.task_id

    def new_task(self) -> str:
        """A task that may be changed."""
        return self.scene.task()

    def bare_task(self) -> str:
        """A task that lacks an output."""
        body = {
            "project": self.project(),
            "prompt": "What is two plus two?",
            "outputs": [{"output": "Four."}],
        }
        return str(ok(self.alice.post(f"{API}/tasks", json=body)).json["id"])

    def assignment(self) -> str:
        """What the annotator is to judge."""
        return claim(self.client, self.project())

    def postponed(self) -> str:
        """What the annotator has set aside."""
        assignment = self.assignment()
        ok(self.client.post(f"{API}/annotator/assignments/{assignment}/postpone"))
        return assignment

    def feedback(self) -> str:
        """A judgement of the annotator who asks, or of one who has many."""
        client = self.client if self.client.person.role == "annotator" else self.scene.client("veteran")
        return judge(client, claim(client, self.project()))

    def export(self) -> str:
        """An export that can be downloaded."""
        asked = {"project": self.project(), "format": "jsonl", "layout": "dpo"}
        return str(ok(self.alice.post(f"{API}/exports", json=asked)).headers["X-RLFlow-Export"])

    def name(self) -> str:
        """A file of an export."""
        return "manifest.json"

    def taken_in(self) -> str:
        """An import that may be taken back."""
        return str(self.scene.imported().id)

    def job(self) -> str:
        """A job that waits."""
        asked = {"provider": "echo", "models": ["echo-1"], "stream": False}
        return str(ok(self.alice.post(f"{API}/tasks/{self.bare_task()}/generate", json=asked)).json["id"])

    def file(self) -> Any:
        """A file to import."""
        return io.BytesIO(as_file([VOTED, *[PAIR] * self.scene.size])), "tasks.jsonl"

    def invitation(self) -> str:
        """An invitation that nobody has used."""
        return str(ok(self.scene.dora.post(f"{API}/invitations", json={})).json["id"])

    def user(self) -> str:
        """A person who has been here for long."""
        return str(self.scene.client("settled").person.id)

    def annotator(self) -> str:
        """The address of a member who has judged."""
        return str(self.scene.client("veteran").person.email)

    def stranger(self) -> str:
        """The address of an annotator who is in no project."""
        return str(self.scene.client("stranger").person.email)

    def email(self) -> str:
        """The address of nobody yet."""
        return f"{new_id()}@example.org"

    def own_email(self) -> str:
        """The address of the scene's annotator with the longest past."""
        return str(self.scene.client("settled").person.email)

    def password(self) -> str:
        """The password of everybody."""
        return PASSWORD

    def refresh(self) -> str:
        """The header of a refresh token that nobody has used."""
        signed_in = sign_in(self.scene.cast.anonymous(), self.own_email())
        return f"Bearer {signed_in['refresh_token']}"

    def session(self) -> str:
        """A sign-in other than the one that asks."""
        sign_in(self.scene.cast.anonymous(), self.client.person.email)
        items = ok(self.client.get(f"{API}/auth/sessions")).json["items"]
        return next(str(item["id"]) for item in items if not item["is_this"])

    def token(self) -> str:
        """An API token of the person who asks."""
        return str(ok(self.client.post(f"{API}/tokens", json={"name": "Script"})).json["id"])

    def notification(self) -> str:
        """A notification of the person who asks."""
        return self.scene.notify(self.client)


def claim(client: Any, project_id: str) -> str:
    """The assignment that the annotator is given."""
    answer = ok(client.post(f"{API}/annotator/queue/next", json={"project": project_id})).json
    assert answer["assignment"], answer["reason"]
    return str(answer["assignment"]["id"])


def judge(client: Any, assignment_id: str) -> str:
    """The id of the annotator's judgement."""
    body = {"assignment_id": assignment_id, "response": ANSWER}
    return str(ok(client.post(f"{API}/feedback", json=body)).json["id"])


def sign_in(client: Any, email: str) -> Any:
    """A pair of tokens."""
    return ok(client.post(f"{API}/auth/login", json={"email": email, "password": PASSWORD})).json


def ok(answer: Any) -> Any:
    """The answer, which must not be a refusal."""
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return answer
