"""Members come by their address, change, and leave without anything of theirs being lost."""

from __future__ import annotations

from typing import Any

import pytest
from labeling_scene import Scene
from people import Cast
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.models import ProjectMember, TaskItem

PROJECTS = "/api/v1/projects"


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


@pytest.fixture
def light(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


def path(scene: Scene, *rest: str) -> str:
    return "/".join([PROJECTS, scene.project_id, "members", *rest])


def listed(scene: Scene) -> dict[str, dict[str, Any]]:
    return {member["email"]: member for member in scene.alice.get(path(scene)).json["items"]}


def places(scene: Scene) -> list[int]:
    with scene.cast.app.app_context():
        return list(db.read.scalars(select(TaskItem.places_left).order_by(TaskItem.id)))


def test_who_is_taken_out_gives_back_what_they_hold_and_keeps_what_they_judged(scene: Scene) -> None:
    scene.submit(scene.claim())
    held = scene.claim()
    assert sorted(places(scene)) == [1, 1]
    name = listed(scene)["bob@example.org"]["pseudonym"]
    assert scene.alice.delete(path(scene, scene.cast.bob.id)).status_code == 204
    assert sorted(places(scene)) == [1, 2]
    assert "bob@example.org" not in listed(scene)
    task = scene.alice.get(f"/api/v1/tasks?project={scene.project_id}").json["items"]
    labels = [row for one in task for row in scene.alice.get(f"/api/v1/feedback/{one['id']}").json["items"]]
    assert [(row["annotator"], row["state"]) for row in labels] == [(name, "standing")]
    assert scene.submit(held).status_code == 404
    assert scene.bob.get(f"/api/v1/annotator/assignments/{held['id']}").status_code == 404
    assert scene.bob.get("/api/v1/annotator/queue").json == []
    again = scene.bob.post("/api/v1/annotator/queue/next", json={"project": scene.project_id})
    assert again.status_code == 404
    assert scene.alice.delete(path(scene, scene.cast.bob.id)).status_code == 404


def test_who_comes_back_goes_on_under_the_same_name(light: Scene) -> None:
    name = listed(light)["bob@example.org"]["pseudonym"]
    light.alice.delete(path(light, light.cast.bob.id))
    added = light.alice.post(path(light), json={"email": "bob@example.org", "role": "annotator"})
    assert (added.status_code, added.json["pseudonym"]) == (201, name)
    assert light.claim()["project"] == light.project_id


def test_who_was_taken_out_of_an_open_project_does_not_walk_in_again(light: Scene) -> None:
    read = light.alice.get(f"{PROJECTS}/{light.project_id}")
    light.alice.put(
        f"{PROJECTS}/{light.project_id}", json={"entry": "open"}, headers={"If-Match": read.headers["ETag"]}
    )
    light.alice.delete(path(light, light.cast.bob.id))
    assert light.bob.get("/api/v1/annotator/queue").json == []
    assert len(light.charlie.get("/api/v1/annotator/queue").json) == 1


def test_a_researcher_who_is_taken_out_sees_the_project_no_more(light: Scene) -> None:
    eve = light.cast.join("eve@example.org", "researcher")
    light.alice.post(path(light), json={"email": eve.email, "role": "researcher"})
    project = f"{PROJECTS}/{light.project_id}"
    assert light.cast.as_(eve).get(project).status_code == 200
    assert light.alice.delete(path(light, eve.id)).status_code == 204
    for address in (project, path(light), f"/api/v1/exports?project={light.project_id}"):
        assert light.cast.as_(eve).get(address).status_code == 404
    assert light.cast.as_(eve).get(PROJECTS).json["items"] == []


def test_a_project_keeps_a_researcher(light: Scene) -> None:
    alice = light.cast.alice.id
    for answer in (
        light.alice.delete(path(light, alice)),
        light.alice.put(path(light, alice), json={"role": "annotator"}),
    ):
        assert (answer.status_code, answer.json["code"]) == (409, "last_researcher")


def test_a_default_project_keeps_its_maker(light: Scene) -> None:
    made = light.alice.post("/api/v1/tasks", json={"type": "qa", "prompt": "Why?"}).json["project"]
    eve = light.cast.join("eve@example.org", "researcher")
    light.alice.post(f"{PROJECTS}/{made}/members", json={"email": eve.email, "role": "researcher"})
    refused = light.cast.as_(eve).delete(f"{PROJECTS}/{made}/members/{light.cast.alice.id}")
    assert refused.status_code == 409
    assert light.alice.post("/api/v1/tasks", json={"type": "qa", "prompt": "How?"}).status_code == 201


def test_role_and_lanes_change_one_by_one(light: Scene) -> None:
    bob = light.cast.bob.id
    changed = light.alice.put(path(light, bob), json={"lanes": ["law", "", "law"]})
    assert (changed.status_code, changed.json["lanes"], changed.json["role"]) == (
        200,
        ["law", ""],
        "annotator",
    )
    assert light.alice.put(path(light, bob), json={"role": "researcher"}).json["lanes"] == ["law", ""]
    for wrong in ({"lanes": []}, {"lanes": ["x" * 65]}, {"role": "admin"}, {"other": 1}):
        assert light.alice.put(path(light, bob), json=wrong).status_code == 422


def test_who_judges_in_other_lanes_is_given_nothing_here(light: Scene) -> None:
    light.alice.put(path(light, light.cast.bob.id), json={"lanes": ["law"]})
    offer = light.bob.post("/api/v1/annotator/queue/next", json={"project": light.project_id}).json
    assert offer["assignment"] is None
    assert offer["reason"]["code"] == "other_lanes"


def test_many_are_added_at_once_and_the_rest_is_named(scene: Scene) -> None:
    emails = [" Charlie@Example.org", "charlie@example.org", "bob@example.org", "new@example.org", "nonsense"]
    answer = scene.alice.post(path(scene, "bulk"), json={"emails": emails})
    assert answer.status_code == 200, answer.json
    assert [member["email"] for member in answer.json["members"]] == ["charlie@example.org"]
    assert (answer.json["without_account"], answer.json["unreadable"]) == (["new@example.org"], ["nonsense"])
    assert listed(scene)["charlie@example.org"]["role"] == "annotator"
    assert scene.alice.post(path(scene, "bulk"), json={"emails": []}).status_code == 422
    assert scene.alice.post(path(scene, "bulk"), json={"emails": ["a@b.c"] * 501}).status_code == 422


def test_a_list_takes_nobodys_role_away(light: Scene) -> None:
    light.alice.post(path(light, "bulk"), json={"emails": ["alice@example.org"], "role": "annotator"})
    assert listed(light)["alice@example.org"]["role"] == "researcher"


def test_others_do_not_touch_the_members_of_a_project(light: Scene) -> None:
    eve = light.cast.as_(light.cast.join("eve@example.org", "researcher"))
    for client, status in ((eve, 404), (light.bob, 403), (light.cast.anonymous(), 401)):
        for answer in (
            client.get(path(light)),
            client.post(path(light, "bulk"), json={"emails": ["eve@example.org"]}),
            client.put(path(light, light.cast.bob.id), json={"role": "researcher"}),
            client.delete(path(light, light.cast.bob.id)),
        ):
            assert answer.status_code == status
    with light.cast.app.app_context():
        rows = db.read.scalars(select(ProjectMember)).all()
        assert [(row.role, row.left_at) for row in rows] == [("researcher", None), ("annotator", None)]
