"""A researcher asks one person by name; nobody loses a place by it, and strangers are not let in."""

from __future__ import annotations

from typing import Any

import pytest
from labeling_scene import Scene
from people import Cast
from sqlalchemy import select, update

from rlflow_core.extensions import db
from rlflow_core.models import Job, Project, Task, TaskItem


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


@pytest.fixture
def light(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


def tasks(scene: Scene) -> list[str]:
    with scene.cast.app.app_context():
        return list(db.read.scalars(select(Task.id).order_by(Task.seq)))


def assign(scene: Scene, task: str, who: str = "bob@example.org", **body: Any) -> Any:
    client = body.pop("client", scene.alice)
    return client.post(f"/api/v1/tasks/{task}/assign", json={"annotator": who, **body})


def change(scene: Scene, model: type[Any], **values: Any) -> None:
    with scene.cast.app.app_context():
        db.transact(lambda session: session.execute(update(model).values(values)))


def test_the_person_is_given_it_first_and_told(scene: Scene) -> None:
    _, second = tasks(scene)
    named = assign(scene, second, expires_in_minutes=60)
    assert named.status_code == 201, named.json
    assert (named.json["wanted"], named.json["places_left"], named.json["state"]) == (2, 1, "leased")
    assert scene.claim()["id"] == named.json["id"]
    with scene.cast.app.app_context():
        subjects = db.read.scalars(select(Job.subject).where(Job.kind == "notify")).all()
    assert subjects == [f"assigned:{named.json['id']}:1"]


def test_where_no_place_is_left_one_more_is_wanted_openly(light: Scene) -> None:
    first, _ = tasks(light)
    change(light, TaskItem, wanted=0, places_left=0)
    named = assign(light, first, light.cast.bob.id)
    assert (named.json["wanted"], named.json["places_left"]) == (1, 0)


def test_who_has_it_or_has_judged_it_is_not_asked_again(light: Scene) -> None:
    first, _ = tasks(light)
    assert assign(light, first).status_code == 201
    again = assign(light, first)
    assert (again.status_code, again.json["code"]) == (409, "has_it")
    light.submit(light.claim())
    assert assign(light, first).json["code"] == "has_it"


def test_one_comparison_can_be_named(light: Scene) -> None:
    first, second = tasks(light)
    with light.cast.app.app_context():
        items = dict(db.read.execute(select(TaskItem.task_id, TaskItem.id)).all())
    assert assign(light, first, item=items[first]).json["item"] == items[first]
    assert assign(light, second, item=items[first]).status_code == 422


def test_strangers_are_not_let_in_by_a_name(light: Scene) -> None:
    first, _ = tasks(light)
    refused = assign(light, first, "charlie@example.org")
    assert (refused.status_code, refused.json["code"]) == (409, "not_a_member")
    assert light.charlie.get("/api/v1/annotator/queue").json == []
    for who in ("nobody@example.org", "no address", light.project_id, "alice@example.org"):
        assert assign(light, first, who).status_code == 422
    light.alice.delete(f"/api/v1/projects/{light.project_id}/members/{light.cast.bob.id}")
    assert assign(light, first).json["code"] == "not_a_member"


def test_where_all_may_judge_a_name_makes_a_member(light: Scene) -> None:
    first, _ = tasks(light)
    change(light, Project, entry="open")
    named = assign(light, first, "charlie@example.org")
    assert named.status_code == 201
    taken = light.charlie.post("/api/v1/annotator/queue/next", json={})
    assert taken.json["assignment"]["id"] == named.json["id"]


def test_what_is_not_handed_out_is_not_assigned(light: Scene) -> None:
    first, _ = tasks(light)
    for model, status in ((Project, "paused"), (Task, "draft")):
        change(light, model, status=status)
        assert assign(light, first).json["code"] == "not_open"
        change(light, model, status="open")
    bare = light.alice.post("/api/v1/tasks", json={"project": light.project_id, "prompt": "Why?"}).json
    assert assign(light, bare["id"]).json["code"] == "no_items"
    for wrong in ({"expires_in_minutes": 0}, {"expires_in_minutes": "1"}, {"item": "x"}, {"other": 1}):
        assert assign(light, first, **wrong).status_code == 422


def test_others_assign_nothing(light: Scene) -> None:
    first, _ = tasks(light)
    eve = light.cast.as_(light.cast.join("eve@example.org", "researcher"))
    for client, status in ((eve, 404), (light.bob, 403), (light.cast.anonymous(), 401)):
        assert assign(light, first, client=client).status_code == status
    assert assign(light, light.project_id).status_code == 404
