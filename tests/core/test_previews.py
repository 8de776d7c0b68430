"""Researchers see through the API what annotators would see, stored or not; nothing is written by it."""

from __future__ import annotations

from typing import Any

import pytest
from labeling_scene import Scene
from people import Cast
from queries import asked_of
from sqlalchemy import select, update

from rlflow_core.extensions import db
from rlflow_core.models import AgentOutput, Base, ProjectRevision, Task

XSS = "<script>alert(1)</script>"
ASSIGNMENT_KEYS = ("content", "messages", "version")


@pytest.fixture
def scene(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


def preview(scene: Scene, project: str | None = None, client: Any = None, **body: Any) -> Any:
    path = f"/api/v1/projects/{project or scene.project_id}/preview"
    return (client or scene.alice).post(path, json=body)


def reasoning(scene: Scene) -> str:
    body = {"name": "Sums", "task_type": "reasoning"}
    return str(scene.alice.post("/api/v1/projects", json=body).json["id"])


def test_nothing_given_shows_the_example_of_the_task_type(scene: Scene) -> None:
    project = reasoning(scene)
    shown = scene.alice.post(f"/api/v1/projects/{project}/preview").json
    assert (shown["project"], shown["task_type"], shown["task"]["id"]) == (project, "reasoning", None)
    assert shown["task"]["content"]["prompt"].startswith("A tank holds")
    assert [segment["kind"] for segment in shown["outputs"][0]["segments"]] == ["step"] * 3 + ["answer"]
    assert [(asked["name"], asked["key"]) for asked in shown["reward_schemas"]] == [
        ("steps", "steps"),
        ("reward", "scalar"),
    ]
    assert all(asked["html"].count("<fieldset") >= 1 for asked in shown["reward_schemas"])
    assert "properties" in str(shown["reward_schemas"][0]["response_schema"])


def test_a_task_is_shown_as_its_annotator_gets_it(scene: Scene) -> None:
    taken = scene.claim()
    shown = preview(scene, task=taken["task"]["id"]).json
    assert shown["task"]["id"] == taken["task"]["id"]
    assert all(shown["task"][name] == taken["task"][name] for name in ASSIGNMENT_KEYS)
    assert {output["id"] for output in shown["outputs"]} == {output["id"] for output in taken["outputs"]}
    assert [output["letter"] for output in shown["outputs"]] == ["A", "B"]
    widgets = [{**asked, "html": None, "problem": None} for asked in shown["reward_schemas"]]
    assert widgets == [{**asked, "html": None, "problem": None} for asked in taken["reward_schemas"]]
    first = shown["reward_schemas"][0]
    assert 'name="preference.choice"' in first["html"]
    assert all(output["id"] in first["html"] for output in shown["outputs"])


@pytest.mark.parametrize("hidden", [True, False])
def test_outputs_are_blinded_as_the_project_says(scene: Scene, hidden: bool) -> None:
    with scene.cast.app.app_context():
        task = db.read.scalars(select(Task.id)).first()
        db.transact(lambda session: session.execute(update(AgentOutput).values(model_id="m-1")))
        db.transact(lambda session: session.execute(update(ProjectRevision).values(hide_models=hidden)))
    models = {output["model_id"] for output in preview(scene, task=task).json["outputs"]}
    assert models == ({None} if hidden else {"m-1"})


def test_what_is_not_stored_is_shown_with_its_steps_and_as_text(scene: Scene) -> None:
    shown = preview(
        scene, reasoning(scene), content={"prompt": XSS}, outputs=[f"One.\n{XSS}\n#### 2", "Else."]
    ).json
    assert shown["task"]["content"]["prompt"] == XSS
    assert [segment["kind"] for segment in shown["outputs"][0]["segments"]] == ["step", "step", "answer"]
    assert not any("<script" in asked["html"] for asked in shown["reward_schemas"])


def test_a_change_of_a_task_is_seen_before_it_is_made(scene: Scene) -> None:
    with scene.cast.app.app_context():
        task = db.read.scalars(select(Task.id)).first()
    shown = preview(scene, task=task, content={"prompt": "Else?"}).json
    assert (shown["task"]["id"], shown["task"]["content"]["prompt"]) == (task, "Else?")
    assert len(shown["outputs"]) == 2
    others = preview(scene, task=task, outputs=["One.", "Two."]).json["outputs"]
    assert [(output["id"], output["text"]) for output in others] == [
        ("preview-1", "One."),
        ("preview-2", "Two."),
    ]


def test_too_few_outputs_are_all_shown_and_too_many_refused(scene: Scene) -> None:
    assert [one["text"] for one in preview(scene, outputs=["Alone."]).json["outputs"]] == ["Alone."]
    assert preview(scene, outputs=[]).json["outputs"] == []
    refused = preview(scene, outputs=["1", "2", "3"])
    assert (refused.status_code, "compares exactly 2 outputs" in refused.text) == (422, True)
    bare = {"project": scene.project_id, "prompt": "Why?", "outputs": ["One."]}
    task = scene.alice.post("/api/v1/tasks", json=bare).json["id"]
    assert [one["text"] for one in preview(scene, task=task).json["outputs"]] == ["One."]


@pytest.mark.parametrize(
    "wrong",
    [
        {"other": 1},
        {"task": "x"},
        {"content": {"promt": "?"}},
        {"content": {"prompt": ""}},
        {"content": {"prompt": "\x00"}},
        {"outputs": "text"},
        {"outputs": [1]},
    ],
)
def test_what_does_not_fit_is_refused(scene: Scene, wrong: dict[str, Any]) -> None:
    assert preview(scene, **wrong).status_code == 422


def test_nothing_is_written(scene: Scene) -> None:
    with scene.cast.app.app_context():
        task = db.read.scalars(select(Task.id)).first()
    before = {table: scene.count(table) for table in Base.metadata.sorted_tables}
    for body in ({}, {"task": task}, {"content": {"prompt": "Why?"}, "outputs": ["A", "B"]}):
        with asked_of(scene.cast.app) as asked:
            assert preview(scene, **body).status_code == 200
        assert asked.write_transactions == 0
    assert {table: scene.count(table) for table in Base.metadata.sorted_tables} == before


def test_others_see_nothing_and_no_task_of_another_project(scene: Scene) -> None:
    eve = scene.cast.as_(scene.cast.join("eve@example.org", "researcher"))
    for client, status in ((eve, 404), (scene.bob, 403), (scene.cast.anonymous(), 401)):
        assert preview(scene, client=client).status_code == status
    with scene.cast.app.app_context():
        task = db.read.scalars(select(Task.id)).first()
    own = eve.post("/api/v1/projects", json={"name": "Mine", "task_type": "qa"}).json["id"]
    assert preview(scene, own, client=eve, task=task).status_code == 404
    assert preview(scene, reasoning(scene), task=task).status_code == 404
    assert preview(scene, task=own).status_code == 404
