"""An import is taken back whole where nobody has worked on it; what somebody has worked on stays and is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from import_scene import PAIR, VOTED, ImportScene, as_file, count
from people import Cast
from queue_invariants import broken_rules
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import (
    AgentOutput,
    Base,
    Feedback,
    FeedbackRevision,
    SignalRow,
    Task,
    TaskAssignment,
    TaskItem,
    TaskVersion,
)
from rlflow_core.services import import_undo, imports, projects
from rlflow_core.services.errors import Conflict, NotFound
from rlflow_core.services.import_undo import Undone

EVERYTHING: tuple[type[Base], ...] = (
    Task, TaskVersion, AgentOutput, TaskItem, TaskAssignment, Feedback, FeedbackRevision, SignalRow,
)  # fmt: skip


@pytest.fixture
def scene(cast: Cast) -> Iterator[ImportScene]:
    with cast.app.app_context():
        yield ImportScene(cast.alice)


def undo(scene: ImportScene, import_id: str) -> Undone:
    undone = db.transact(import_undo.undo, scene.viewer, import_id)
    assert db.transact(broken_rules) == []
    return undone


def test_tasks_go_with_their_outputs_and_imported_votes_and_their_keys_are_free(scene: ImportScene) -> None:
    stays = scene.run([{**VOTED, "key": "stays"}])
    before = [count(table) for table in EVERYTHING]
    goes = scene.run([{**VOTED, "key": "goes"}, PAIR])
    assert undo(scene, goes.id) == Undone(2, 0, ())
    assert [count(table) for table in EVERYTHING] == before
    assert list(db.read.scalars(select(Task.import_id))) == [stays.id]
    assert scene.run([{**VOTED, "key": "goes"}]).tasks == 1


def test_again_it_removes_nothing_more(scene: ImportScene) -> None:
    done = scene.run([PAIR])
    assert (undo(scene, done.id).removed, undo(scene, done.id).removed) == (1, 0)


def test_what_somebody_worked_on_stays_and_says_why(cast: Cast) -> None:
    with cast.app.app_context():
        scene = ImportScene(cast.alice)
        db.transact(projects.add_member, scene.project_id, cast.bob.id, "annotator")
        names = ("judged", "taken", "changed", "grown", "free")
        done = scene.run([{**PAIR, "key": name, "prompt": name} for name in names])
        ids = dict(db.read.execute(select(Task.key, Task.id)).all())
    bob, alice = cast.as_(cast.bob), cast.as_(cast.alice)
    taken = bob.post("/api/v1/annotator/queue/next", json={"project": scene.project_id}).json
    body: dict[str, Any] = {"assignment_id": taken["assignment"]["id"], "preference": "first"}
    assert bob.post("/api/v1/feedback", json=body).status_code == 201
    bob.post("/api/v1/annotator/queue/next", json={"project": scene.project_id})
    change = alice.put(f"/api/v1/tasks/{ids['changed']}", json={"tags": ["new"]}, headers={"If-Match": '"1"'})
    assert change.status_code == 200, change.json
    grown = alice.post(f"/api/v1/tasks/{ids['grown']}/outputs", json={"outputs": ["Six."]})
    with cast.app.app_context():
        answer = alice.post(f"/api/v1/imports/{done.id}/undo")
        assert db.transact(broken_rules) == []
    stay = {
        "judged": "somebody here has judged it",
        "taken": "somebody has taken it, or has looked at it and left it",
        "changed": "it was changed here",
    }
    if grown.status_code == 201:
        stay["grown"] = "it has got outputs since"
    assert {task["key"]: task["reason"] for task in answer.json["tasks"]} == stay
    assert (answer.json["removed"], answer.json["kept"]) == (5 - len(stay), len(stay))


def test_a_running_import_is_not_taken_back(scene: ImportScene) -> None:
    started = scene.upload(as_file([PAIR]))
    with pytest.raises(Conflict, match="still running"):
        db.transact(import_undo.undo, scene.viewer, started.id)
    run_job(started.job_id)
    assert undo(scene, started.id).removed == 1


def test_others_can_neither_take_back_nor_list(cast: Cast) -> None:
    with cast.app.app_context():
        scene = ImportScene(cast.alice)
        done = scene.run([PAIR])
    erin = cast.as_(cast.join("erin@example.com", "researcher"))
    assert erin.post(f"/api/v1/imports/{done.id}/undo").status_code == 404
    assert erin.get("/api/v1/imports").json["items"] == []
    assert erin.get(f"/api/v1/imports?project={scene.project_id}").status_code == 404
    assert cast.as_(cast.bob).post(f"/api/v1/imports/{done.id}/undo").status_code == 403
    assert cast.as_(cast.bob).get("/api/v1/imports").status_code == 403
    assert cast.anonymous().post(f"/api/v1/imports/{done.id}/undo").status_code == 401
    with cast.app.app_context(), pytest.raises(NotFound):
        db.transact(import_undo.undo, scene.viewer, "0" * 36)
    assert cast.as_(cast.alice).get("/api/v1/imports").json["items"][0]["id"] == done.id


def test_imports_are_listed_newest_first_in_pages(scene: ImportScene) -> None:
    made = [scene.run([PAIR]).id for _ in range(3)][::-1]
    first = imports.list_visible(db.read, scene.viewer, project_id=scene.project_id, limit=2)
    assert [view.id for view in first] == made[:2]
    rest = imports.list_visible(db.read, scene.viewer, before=made[1], limit=2)
    assert [view.id for view in rest] == made[2:]
