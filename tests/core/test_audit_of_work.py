"""The audit log of work: settings from what to what, members, imports taken back, models asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from generation_scene import GenerationScene
from import_scene import PAIR, ImportScene
from people import Cast, ClientOf

PROJECTS = "/api/v1/projects"


def events(cast: Cast, action: str) -> list[dict[str, Any]]:
    """The events of this kind, oldest first."""
    answer = cast.as_(cast.dora).get("/api/v1/audit", query_string={"action": action})
    return list(reversed(answer.json["items"]))


@pytest.fixture
def alice(cast: Cast) -> ClientOf:
    return cast.as_(cast.alice)


def test_a_change_of_settings_says_what_was_and_what_is(cast: Cast, alice: ClientOf) -> None:
    project = alice.post(PROJECTS, json={"name": "Answers", "task_type": "qa"}).json
    seen = {"If-Match": '"1"'}
    change = {"wanted": 5, "status": "paused", "name": "Answers"}
    assert alice.put(f"{PROJECTS}/{project['id']}", json=change, headers=seen).status_code == 200
    revised, paused = events(cast, "settings_changed")
    assert (revised["object_id"], revised["actor"]) == (project["id"], "alice@example.org")
    assert revised["details"] == {"revision": 2, "old": {"wanted": 3}, "new": {"wanted": 5}}
    assert paused["details"] == {"old": {"status": "open"}, "new": {"status": "paused"}}


def test_what_changes_nothing_and_what_is_refused_leave_no_event(cast: Cast, alice: ClientOf) -> None:
    path = f"{PROJECTS}/{alice.post(PROJECTS, json={'name': 'A', 'task_type': 'qa'}).json['id']}"
    assert alice.put(path, json={"name": "A"}, headers={"If-Match": '"1"'}).status_code == 200
    assert alice.put(path, json={"wanted": 9}, headers={"If-Match": '"7"'}).status_code == 412
    assert events(cast, "settings_changed") == []


def test_members_that_come_change_and_go_are_recorded(cast: Cast, alice: ClientOf) -> None:
    project = alice.post(PROJECTS, json={"name": "A", "task_type": "qa"}).json["id"]
    members = f"{PROJECTS}/{project}/members"
    alice.post(members, json={"email": "bob@example.org", "role": "annotator"})
    alice.put(f"{members}/{cast.bob.id}", json={"role": "researcher"})
    alice.delete(f"{members}/{cast.bob.id}")
    found = [one for one in events(cast, "member_changed") if one["object_id"] == cast.bob.id]
    assert [(one["details"]["old"], one["details"]["new"]) for one in found] == [
        (None, "annotator"),
        ("annotator", "researcher"),
        ("researcher", None),
    ]
    assert {one["details"]["project"] for one in found} == {project}


def test_an_import_taken_back_says_how_many_tasks_went(cast: Cast, alice: ClientOf) -> None:
    with cast.app.app_context():
        report = ImportScene(cast.alice).run([PAIR, {**PAIR, "key": "b"}])
    assert alice.post(f"/api/v1/imports/{report.id}/undo").status_code == 200
    (event,) = events(cast, "import_undone")
    assert (event["object_id"], event["details"]["tasks"]) == (report.id, 2)
    assert alice.post(f"/api/v1/imports/{report.id}/undo").status_code == 200
    assert len(events(cast, "import_undone")) == 1, "nothing was left to remove"


@pytest.mark.parametrize("stream", [False, True], ids=["job", "stream"])
def test_asking_models_is_recorded_without_what_they_were_asked(cast: Cast, stream: bool) -> None:
    scene = GenerationScene(cast.app, cast)
    asked = {"provider": "echo", "models": ["echo-1"], "samples": 2}
    if stream:
        scene.events(**asked)
    else:
        scene.job(**asked)
    (event,) = events(cast, "generation_asked")
    assert (event["object_id"], event["actor"]) == (scene.task_id, "alice@example.org")
    details = event["details"]
    assert (details["provider"], details["models"], details["samples"]) == ("echo", ["echo-1"], 2)
    assert details["project"] == scene.project_id
    assert "two plus two" not in json.dumps(event)
    refused = scene.ask(provider="no-such-provider")
    assert refused.status_code == 422
    assert len(events(cast, "generation_asked")) == 1
