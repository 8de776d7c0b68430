"""Annotators take back, set aside and go on with their work through the API."""

from __future__ import annotations

import pytest
from labeling_scene import Scene
from people import Cast

from rlflow_core.models import Draft, Feedback, FeedbackRevision


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


def test_the_queue_says_how_far_one_is_and_why_it_is_empty(scene: Scene) -> None:
    (entry,) = scene.bob.get("/api/v1/annotator/queue").json
    assert (entry["project"], entry["progress"]["remaining"], entry["reason"]) == (scene.project_id, 2, None)
    for _ in range(2):
        scene.submit(scene.claim())
    (entry,) = scene.bob.get("/api/v1/annotator/queue").json
    assert (entry["progress"]["done"], entry["reason"]["code"]) == (2, "all_judged")


def test_a_postponed_task_waits_while_one_goes_on_with_another(scene: Scene) -> None:
    first = scene.claim()
    path = f"/api/v1/annotator/assignments/{first['id']}"
    assert scene.bob.post(f"{path}/postpone").status_code == 204
    assert scene.claim()["id"] != first["id"]
    assert scene.bob.post(f"{path}/resume").status_code == 204
    assert scene.bob.get(path).json["state"] == "leased"


def test_undo_takes_the_last_label_back_and_the_next_submit_is_its_second_revision(scene: Scene) -> None:
    assignment = scene.claim()
    stored = scene.submit(assignment).json
    undone = scene.bob.post(f"/api/v1/annotator/projects/{scene.project_id}/undo")
    assert (undone.status_code, undone.json["id"], undone.json["state"]) == (200, assignment["id"], "leased")
    again = scene.submit(
        assignment, response={"preference": {"choice": "tie"}, "why": {"text": "Both fine."}}
    )
    assert (again.status_code, again.json["id"], again.json["revision"]) == (201, stored["id"], 2)
    assert (scene.count(Feedback), scene.count(FeedbackRevision)) == (1, 2)


def test_a_draft_is_kept_shown_again_and_gone_after_the_submit(scene: Scene) -> None:
    assignment = scene.claim()
    path = f"/api/v1/annotator/assignments/{assignment['id']}"
    saved = scene.bob.put(f"{path}/draft", json={"response": {"why": {"text": "half"}}, "active_ms": 900})
    assert (saved.status_code, saved.json["version"]) == (200, 1)
    assert scene.bob.put(f"{path}/draft", json={"response": {"why": {"text": "more"}}}).json["version"] == 2
    assert scene.bob.get(path).json["draft"] == {"why": {"text": "more"}}
    scene.submit(assignment)
    assert scene.count(Draft) == 0
    assert scene.bob.put(f"{path}/draft", json={"response": {}}).status_code == 409


def test_a_draft_holds_answers_to_what_is_asked_and_nothing_else(scene: Scene) -> None:
    path = f"/api/v1/annotator/assignments/{scene.claim()['id']}/draft"
    refused = scene.bob.put(path, json={"response": {"elsewhere": "x" * 1000, "why": {}}})
    assert (refused.status_code, scene.count(Draft)) == (422, 0)
    assert refused.json["errors"]["json"]["response"] == {"elsewhere": ["Has to be one of: preference, why."]}


def test_skip_gives_the_place_back_with_a_typed_reason(scene: Scene) -> None:
    assignment = scene.claim()
    path = f"/api/v1/annotator/assignments/{assignment['id']}/skip"
    assert scene.bob.post(path, json={"reason": "bored"}).status_code == 422
    assert scene.bob.post(path, json={"reason": "unclear", "note": "Which?"}).status_code == 200
    assert scene.bob.post(path, json={"reason": "unclear"}).status_code == 409
    assert scene.claim()["id"] != assignment["id"]
