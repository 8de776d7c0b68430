"""Whoever was told the code of a project may judge in it, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from labeling_scene import Scene
from people import Cast
from plain_browser import Browse
from plain_browser import browse as browse

PATH = "/api/v1/annotator/projects/join"


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


@pytest.fixture
def light(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


def change(scene: Scene, **body: Any) -> dict[str, Any]:
    path = f"/api/v1/projects/{scene.project_id}"
    read = scene.alice.get(path)
    answer = scene.alice.put(path, json=body, headers={"If-Match": read.headers["ETag"]})
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_code_lets_in_however_it_is_typed(scene: Scene) -> None:
    assert scene.alice.get(f"/api/v1/projects/{scene.project_id}").json["entry_code"] is None
    code = change(scene, entry="code")["entry_code"]
    assert scene.charlie.get("/api/v1/annotator/queue").json == []
    joined = scene.charlie.post(PATH, json={"code": code.lower().replace("-", " ")})
    assert (joined.status_code, joined.json["project"]) == (200, scene.project_id)
    assert scene.claim(scene.charlie)["project"] == scene.project_id
    assert scene.charlie.post(PATH, json={"code": code}).status_code == 200


def test_a_code_opens_nothing_once_the_entry_is_another(light: Scene) -> None:
    code = change(light, entry="code")["entry_code"]
    assert change(light, entry="members")["entry_code"] is None
    assert light.charlie.post(PATH, json={"code": code}).status_code == 404
    assert change(light, entry="code")["entry_code"] == code
    change(light, status="completed")
    assert light.charlie.post(PATH, json={"code": code}).status_code == 404
    for wrong in ("", "x" * 41, 5):
        assert light.charlie.post(PATH, json={"code": wrong}).status_code == 422


def test_who_was_taken_out_does_not_come_back_by_the_code(light: Scene) -> None:
    code = change(light, entry="code")["entry_code"]
    light.alice.delete(f"/api/v1/projects/{light.project_id}/members/{light.cast.bob.id}")
    refused = light.bob.post(PATH, json={"code": code})
    assert (refused.status_code, refused.json["code"]) == (409, "taken_out")


def test_codes_are_not_guessed(light: Scene) -> None:
    statuses = [light.charlie.post(PATH, json={"code": f"AAAAA-{n:05}"}).status_code for n in range(11)]
    assert (statuses[0], statuses[-1]) == (404, 429)
    assert light.alice.post(PATH, json={"code": "x"}).status_code == 403
    assert light.cast.anonymous().post(PATH, json={"code": "x"}).status_code == 401


def test_the_start_page_takes_the_code(browse: Browse, light: Scene) -> None:
    code = change(light, entry="code")["entry_code"]
    alice = browse(light.cast.alice)
    assert code in alice.open(f"/projects/{light.project_id}/members").words
    charlie = browse(light.cast.charlie)
    charlie.open("/")
    page = charlie.press("Join", code="WRONG")
    assert (page.status, "No open project has this code." in page.words) == (422, True)
    assert "You are in Answers." in charlie.press("Join", code=code).words
