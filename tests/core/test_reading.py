"""Looking changes nothing: no GET, of the API or the web UI, opens a transaction that may write."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from import_scene import PAIR, VOTED, ImportScene
from people import PASSWORD, Cast, Person
from queries import Asked, asked_of
from sqlalchemy import select
from werkzeug.routing import Rule

from rlflow_core.extensions import db
from rlflow_core.models import AgentOutput, Task, new_id
from rlflow_core.plugin_host.host import get_host
from rlflow_core.security.roles import access_of
from rlflow_core.services import projects, queue

Ids = dict[str, str]
# Admins looked at people or at the audit log: that is an event of the log too, and so is taking a file away.
LEAVE_A_TRACE = ("/api/v1/users", "/api/v1/audit", "/users", "/audit")
READS = re.compile(r"\s*(SELECT|WITH|BEGIN|SHOW|SET|PRAGMA)", re.IGNORECASE)


@pytest.fixture
def ids(cast: Cast) -> Ids:
    """What addresses name: things that exist, so that pages have something to show."""
    with cast.app.app_context():
        scene = ImportScene(cast.alice)
        done = scene.run([VOTED, PAIR, "{"])
        db.transact(projects.add_member, scene.project_id, cast.bob.id, "annotator")
        claimed = db.transact(queue.claim, scene.project_id, cast.bob.id, get_host().component_set())
        assert claimed is not None
        return {
            "project_id": scene.project_id,
            "task_id": db.read.scalars(select(Task.id).order_by(Task.id)).first() or "",
            "output_id": db.read.scalars(select(AgentOutput.id)).first() or "",
            "import_id": done.id,
            "job_id": done.job_id,
            "assignment_id": claimed.id,
            "kind": "task_type",
            "key": "qa",
        }


def addresses(app: Flask, face: str, ids: Ids) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint], "GET")
        if "GET" in (rule.methods or ()) and access is not None and access.face == face:
            yield address(rule, ids)


def address(rule: Rule, ids: Ids) -> str:
    built = rule.build({name: ids.get(name, new_id()) for name in rule.arguments})
    assert built is not None
    return built[1]


def in_the_browser(cast: Cast, person: Person) -> FlaskClient:
    """A browser in which the person has signed in."""
    client = cast.app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None, page
    form = {"csrf_token": token[1], "email": person.email, "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code in (302, 303)
    return client


def writes(app: Flask, client: FlaskClient, path: str) -> tuple[int, Asked]:
    with asked_of(app) as asked:
        answer = client.get(path)
        answer.get_data()
    return answer.status_code, asked


def check_reads_only(path: str, status: int, asked: Asked) -> None:
    """Nothing is written, but for the one event that the audit log gets of a refusal or of a look at people."""
    leaves_a_trace = status == 403 or path.startswith(LEAVE_A_TRACE) or path.endswith("/download")
    assert asked.write_transactions <= leaves_a_trace, (path, asked.statements)
    changes = [text for text in asked.statements if not READS.match(text)]
    assert all(text.startswith("INSERT INTO audit_events") for text in changes), (path, changes)


@pytest.mark.parametrize("role", ["alice", "bob", "dora"])
def test_no_get_of_the_api_opens_a_write_transaction(cast: Cast, ids: Ids, role: str) -> None:
    client = cast.as_(getattr(cast, role))
    answered = 0
    for path in addresses(cast.app, "api", ids):
        status, asked = writes(cast.app, client, path)
        assert status < 500, path
        check_reads_only(path, status, asked)
        answered += status == 200
    assert answered >= 3, "most addresses lead to nothing: name what exists in `ids`"


@pytest.mark.parametrize("role", ["alice", "bob", "dora"])
def test_no_page_opens_a_write_transaction(cast: Cast, ids: Ids, role: str) -> None:
    client = in_the_browser(cast, getattr(cast, role))
    for path in addresses(cast.app, "web", ids):
        status, asked = writes(cast.app, client, path)
        assert status < 500, path
        check_reads_only(path, status, asked)


def test_a_write_would_be_noticed(cast: Cast, ids: Ids) -> None:
    with asked_of(cast.app) as asked:
        cast.as_(cast.alice).post("/api/v1/tasks", json=PAIR | {"project": ids["project_id"]})
    assert asked.write_transactions == 1
