"""A label is acknowledged only when it is stored whole; sending it again is harmless; nobody sees what is another's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from factories import make_member, make_task
from flask import Flask
from labeling_scene import WHY, Scene
from people import Cast
from plugin_files import write_plugin
from sqlalchemy import select, update

from rlflow_core.extensions import db
from rlflow_core.models import (
    Draft,
    Feedback,
    FeedbackRevision,
    Job,
    Project,
    SignalRow,
    TaskAssignment,
    TaskItem,
    User,
    db_later,
)
from rlflow_core.services import queue


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


@pytest.fixture
def sqlite_scene(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


def test_a_label_is_stored_with_its_signals_and_a_job_in_one_go(scene: Scene) -> None:
    assignment = scene.claim()
    answer = scene.submit(assignment, seconds=12.5)
    assert answer.status_code == 201, answer.json
    assert answer.json["rationale"] == WHY
    (read,) = scene.alice.get(f"/api/v1/feedback/{assignment['task']['id']}").json["items"]
    # What "first" in the response means: the order is drawn for each assignment.
    assert answer.json["shown"] == read["shown"] == [output["id"] for output in assignment["outputs"]]
    assert (answer.json["state"], answer.json["source"], answer.json["seconds"]) == ("standing", "api", 12.5)
    with scene.cast.app.app_context():
        preference, text = db.read.scalars(select(SignalRow).order_by(SignalRow.n)).all()
        shown = [output["id"] for output in assignment["outputs"]]
        first, second = sorted(shown)
        assert (preference.output_id, preference.other_output_id) == (first, second)
        assert (preference.position, preference.other_position) == (shown.index(first), shown.index(second))
        assert preference.label == ("first" if shown[0] == first else "second")
        assert preference.value == (2.0 if shown[0] == first else -2.0)
        assert (text.kind, text.text) == ("text", WHY)
        assert db.read.scalars(select(Job.kind)).all() == ["score"]


def test_the_answer_brings_the_next_assignment_when_asked(scene: Scene) -> None:
    first = scene.claim()
    answer = scene.submit(first, next=True).json
    assert answer["next"]["assignment"]["id"] != first["id"]
    last = scene.submit(answer["next"]["assignment"], next=True).json["next"]
    assert last["assignment"] is None
    assert last["reason"]["code"] == "all_judged"
    assert scene.submit(first).json.get("next") is None


def test_the_same_answer_again_is_a_replay_and_another_is_refused(scene: Scene) -> None:
    assignment = scene.claim()
    stored = scene.submit(assignment).json
    again = scene.submit(assignment)
    assert (again.status_code, again.json["id"]) == (200, stored["id"])
    other = scene.submit(assignment, response={"preference": {"choice": "tie"}, "why": {"text": WHY}})
    assert (other.status_code, other.json["code"]) == (409, "already_submitted")
    assert scene.count(Feedback) == scene.count(FeedbackRevision) == 1


def test_an_idempotency_key_answers_the_same_for_ever_and_takes_one_body_only(scene: Scene) -> None:
    first, key = scene.claim(), {"Idempotency-Key": "k-1"}
    stored = scene.submit(first, headers=key).json
    assert scene.submit(first, headers=key).status_code == 200
    second = scene.claim()
    reused = scene.submit(second, headers=key)
    assert (reused.status_code, reused.json["code"]) == (409, "idempotency_key_reused")
    assert scene.submit(second, headers={"Idempotency-Key": "x" * 256}).status_code == 422
    assert scene.submit(second, headers={"Idempotency-Key": "k-2"}).status_code == 201
    assert scene.submit(first, headers=key).json["id"] == stored["id"]


def test_ten_submits_at_once_make_one_label(scene: Scene) -> None:
    assignment = scene.claim()
    with ThreadPoolExecutor(10) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda _: scene.submit(assignment), range(10))]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}
    assert scene.count(Feedback) == 1


@pytest.mark.parametrize(
    ("response", "where"),
    [
        ({}, "preference"),
        ({"preference": {"choice": "third"}, "why": {"text": WHY}}, "preference"),
        ({"preference": {"choice": "3"}, "why": {"text": WHY}}, "preference"),
        ({"preference": {"choice": "tie", "extra": 1}, "why": {"text": WHY}}, "preference"),
        ({"preference": {"choice": "tie"}, "why": {"text": 5}}, "why"),
        ({"preference": {"choice": "first", "strength": 99}, "why": {"text": WHY}}, "preference"),
        ({"preference": {"choice": "tie"}, "why": {"text": WHY}, "other": {}}, "other"),
        ({"preference": {"choice": "tie"}, "why": {"text": "x" * 100_001}}, "why"),
    ],
)
def test_a_response_that_does_not_fit_is_refused_where_it_is_wrong(
    sqlite_scene: Scene, response: dict[str, Any], where: str
) -> None:
    answer = sqlite_scene.submit(sqlite_scene.claim(), response=response)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]["response"]) == ([where] if response else ["preference"])
    assert sqlite_scene.count(Feedback) == sqlite_scene.count(SignalRow) == 0
    with sqlite_scene.cast.app.app_context():
        assert db.read.scalars(select(TaskAssignment.state)).all() == ["leased"]


@pytest.mark.parametrize(
    "body",
    [
        '{"assignment_id": "%s", "response": {"why": {"text": NaN}}}',
        '{"assignment_id": "%s", "response": {"why": {"text": "a\\u0000b"}}}',
        '{"assignment_id": "%s", "response": {"why": {"text": "\\ud800"}}}',
        '{"assignment_id": "%s", "response": {"why": {"text": "x"}}, "annotator_id": "me"}',
        '{"assignment_id": "%s", "response": {"why": {"text": "x"}}, "quality_score": 1}',
        '{"assignment_id": "%s", "response": ["preference"]}',
        '{"assignment_id": "%s", "response": {"preference": "first"}}',
        '{"assignment_id": "%s", "seconds": -1, "response": {}}',
        '{"assignment_id": "not an id"}',
        "[]",
        "{",
        "",
    ],
)
def test_a_malformed_body_is_refused_in_the_envelope(sqlite_scene: Scene, body: str) -> None:
    assignment = sqlite_scene.claim()
    text = body % assignment["id"] if "%s" in body else body
    answer = sqlite_scene.bob.post("/api/v1/feedback", data=text, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert set(answer.json) == {"code", "status", "message", "errors"}
    assert sqlite_scene.count(Feedback) == 0


def test_an_output_of_another_task_is_refused(scene: Scene) -> None:
    with scene.cast.app.app_context():
        foreign = db.transact(lambda s: make_task(s, s.get_one(Project, scene.project_id)).id)
        other = db.read.get_one(TaskItem, foreign).task_id
    response = {"preference": {"choice": other}, "why": {"text": WHY}}
    answer = scene.submit(scene.claim(), response=response)
    assert answer.status_code == 422
    assert "is not an output of this assignment" in str(answer.json["errors"])


def test_shorthand_fills_the_one_schema_that_takes_it(scene: Scene) -> None:
    body = {"assignment_id": scene.claim()["id"], "preference": "first", "rationale": WHY}
    answer = scene.bob.post("/api/v1/feedback", json=body)
    assert answer.status_code == 201, answer.json
    assert answer.json["response"] == {"preference": {"choice": "first"}, "why": {"text": WHY}}
    body = {
        "assignment_id": scene.claim()["id"],
        "preference": "first",
        "rationale": WHY,
        "reward_scalar": 0.5,
    }
    refused = scene.bob.post("/api/v1/feedback", json=body)
    assert refused.status_code == 422
    assert "Known here: preference, rationale" in str(refused.json["errors"])


def test_a_shorthand_that_contradicts_the_response_is_refused(scene: Scene) -> None:
    assignment = scene.claim()
    same = {"preference": {"choice": "first"}, "why": {"text": WHY}}
    body = {"assignment_id": assignment["id"], "response": same, "preference": "second"}
    refused = scene.bob.post("/api/v1/feedback", json=body)
    assert refused.status_code == 422
    assert refused.json["errors"]["json"]["preference"] == ["response.preference.choice says something else."]
    assert scene.count(Feedback) == 0
    assert scene.bob.post("/api/v1/feedback", json={**body, "preference": "first"}).status_code == 201


def test_charlie_gets_nothing(scene: Scene) -> None:
    assignment = scene.claim()
    scene.submit(assignment)
    task = assignment["task"]["id"]
    for answer in (
        scene.submit(scene.claim(), client=scene.charlie),
        scene.charlie.get(f"/api/v1/annotator/assignments/{assignment['id']}"),
        scene.charlie.post(
            f"/api/v1/annotator/assignments/{assignment['id']}/skip", json={"reason": "unclear"}
        ),
        scene.charlie.put(f"/api/v1/annotator/assignments/{assignment['id']}/draft", json={"response": {}}),
        scene.charlie.get(f"/api/v1/feedback/{task}"),
        scene.charlie.post("/api/v1/annotator/queue/next", json={"project": scene.project_id}),
    ):
        assert answer.status_code == 404, answer.json
    assert scene.charlie.get("/api/v1/annotator/queue").json == []
    assert scene.cast.anonymous().post("/api/v1/feedback", json={}).status_code == 401
    assert scene.alice.post("/api/v1/feedback", json={}).status_code == 403


def test_an_annotator_sees_their_own_labels_only_and_a_researcher_all(scene: Scene) -> None:
    with scene.cast.app.app_context():
        db.transact(
            lambda s: make_member(
                s, s.get_one(Project, scene.project_id), s.get_one(User, scene.cast.charlie.id)
            )
        )
    mine = scene.claim()
    scene.submit(mine)
    theirs = scene.claim(scene.charlie)
    assert theirs["task"]["id"] == mine["task"]["id"]
    assert "model-1" not in str(theirs)
    scene.submit(theirs, client=scene.charlie)
    task = mine["task"]["id"]
    own = scene.charlie.get(f"/api/v1/feedback/{task}").json["items"]
    assert [item["assignment_id"] for item in own] == [theirs["id"]]
    both = scene.alice.get(f"/api/v1/feedback/{task}").json["items"]
    assert {item["assignment_id"] for item in both} == {mine["id"], theirs["id"]}
    assert "@" not in str(both)


def test_a_late_answer_counts_while_a_place_is_left_and_is_kept_as_a_draft_when_not(scene: Scene) -> None:
    assignment = scene.claim()
    with scene.cast.app.app_context():
        _expire(scene.project_id)
    assert scene.submit(assignment).status_code == 201
    second = scene.claim()
    with scene.cast.app.app_context():
        _expire(scene.project_id)
        item = db.read.scalars(select(TaskAssignment.item_id).where(TaskAssignment.id == second["id"])).one()
        db.transact(queue.set_wanted, item, 0)
    refused = scene.submit(second)
    assert (refused.status_code, refused.json["code"]) == (409, "reservation_over")
    with scene.cast.app.app_context():
        (draft,) = db.read.scalars(select(Draft))
        assert draft.response["why"] == {"text": WHY}


def test_each_way_of_losing_a_task_is_told_apart_and_keeps_the_draft(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    skipped, submitted = scene.claim(), None
    scene.bob.post(f"/api/v1/annotator/assignments/{skipped['id']}/skip", json={"reason": "unclear"})
    refused = scene.submit(skipped)
    assert (refused.status_code, refused.json["code"]) == (409, "skipped")
    assert "You skipped this task" in refused.json["message"]
    submitted = scene.claim()
    scene.submit(submitted)
    with scene.cast.app.app_context():
        db.transact(queue.exclude, scene.project_id, scene.cast.bob.id)
    refused = scene.submit(submitted)
    assert (refused.status_code, refused.json["code"]) == (409, "withdrawn")
    assert scene.count(Draft) == 2


def _expire(project_id: str) -> None:
    past = update(TaskAssignment).where(TaskAssignment.state == "leased").values(lease_until=db_later(-60))
    db.transact(lambda session: session.execute(past))
    assert db.transact(queue.expire_due, project_id) == 1


BROKEN_SIGNALS = """
class Answer(Schema):
    text = fields.String(required=True)
class Fragile(RewardSchema):
    key = "fragile"
    title = "Fragile"
    version = "1"
    RESPONSE_SCHEMA = Answer
    def DIMENSIONS(self, config):
        return [Dimension("text", "text", "none")]
    def SIGNALS(self, response, task, outputs):
        raise RuntimeError("no signals today")
@hookimpl
def register_reward_schemas():
    return [Fragile]
"""


def test_a_schema_that_cannot_name_its_dimensions_is_unavailable_not_an_error(
    app_with: Callable[..., Flask], tmp_path: Path
) -> None:
    source = BROKEN_SIGNALS.replace('return [Dimension("text", "text", "none")]', "return self.missing")
    write_plugin(tmp_path / "plugins", "fragile", source)
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    schemas = [{"name": "fragile", "key": "fragile", "config": {}}]
    scene = Scene(Cast(app), reward_schemas=schemas)
    taken = scene.bob.post("/api/v1/annotator/queue/next", json={"project": scene.project_id})
    assert (taken.status_code, taken.json["code"]) == (503, "component_failed")
    asked = scene.alice.post(
        "/api/v1/projects", json={"name": "Fragile", "task_type": "qa", "reward_schemas": schemas}
    )
    assert (asked.status_code, list(asked.json["errors"]["json"])) == (422, ["reward_schemas"])


def test_no_plugin_fault_loses_a_label(app_with: Callable[..., Flask], tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "fragile", BROKEN_SIGNALS)
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    scene = Scene(Cast(app), reward_schemas=[{"name": "fragile", "key": "fragile", "config": {}}])
    answer = scene.submit(scene.claim(), response={"fragile": {"text": "kept"}})
    assert answer.status_code == 201
    with app.app_context():
        (revision,) = db.read.scalars(select(FeedbackRevision))
        assert revision.response == {"fragile": {"text": "kept"}}
        assert "no signals today" in (revision.signals_error or "")
