"""Annotators find what they judged, change it, and redo what was returned; every earlier answer is kept."""

from __future__ import annotations

from typing import Any

import pytest
from labeling_scene import WHY, Scene
from people import Cast
from sqlalchemy import select, update

from rlflow_core.extensions import db
from rlflow_core.models import Feedback, FeedbackRevision, Project, SignalRow, TaskAssignment, TaskItem
from rlflow_core.services import queue

PATH = "/api/v1/annotator/feedback"
BETTER = {"preference": {"choice": "tie"}, "why": {"text": "Both are right."}}


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


@pytest.fixture
def light(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


def judged(scene: Scene) -> dict[str, Any]:
    return scene.submit(scene.claim(), seconds=10).json


def put(scene: Scene, label: dict[str, Any], revision: int | None = None, **body: Any) -> Any:
    headers = {"If-Match": f'"{label["revision"] if revision is None else revision}"'}
    body = body or {"response": BETTER}
    return scene.bob.put(f"{PATH}/{label['id']}", json=body, headers=headers)


def returned(scene: Scene, label: dict[str, Any], note: str = "See guideline 3.") -> Any:
    return scene.alice.post(f"/api/v1/feedback/{label['id']}/return", json={"note": note})


def versions(scene: Scene) -> list[tuple[int, Any]]:
    with scene.cast.app.app_context():
        rows = db.read.scalars(select(FeedbackRevision).order_by(FeedbackRevision.number))
        return [(row.number, row.response) for row in rows]


def test_a_change_is_a_further_revision_and_the_earlier_one_stays(scene: Scene) -> None:
    label = judged(scene)
    changed = put(scene, label, response=BETTER, seconds=4)
    assert (changed.status_code, changed.json["revision"]) == (200, 2)
    assert changed.headers["ETag"] == '"2"'
    assert (changed.json["rationale"], changed.json["seconds"]) == ("Both are right.", 14)
    assert [number for number, _ in versions(scene)] == [1, 2]
    assert versions(scene)[0][1] == label["response"]
    with scene.cast.app.app_context():
        signals = db.read.scalars(select(SignalRow).where(SignalRow.revision == 2)).all()
        assert [signal.label for signal in signals if signal.kind == "preference"] == ["tie"]
        item = db.read.scalars(select(TaskItem).join(Feedback, Feedback.item_id == TaskItem.id)).one()
        assert (item.wanted, item.places_left, item.version) == (2, 1, 2)


def test_the_same_answer_again_changes_nothing(light: Scene) -> None:
    label = judged(light)
    same = put(light, label, response=label["response"])
    assert (same.status_code, same.json["revision"]) == (200, 1)
    assert len(versions(light)) == 1


def test_nobody_overwrites_what_they_have_not_seen(scene: Scene) -> None:
    label = judged(scene)
    assert put(scene, label).status_code == 200
    stale = put(scene, label, response={**BETTER, "why": {"text": "Late."}})
    assert stale.status_code == 412
    bare = scene.bob.put(f"{PATH}/{label['id']}", json={"response": BETTER})
    assert bare.status_code == 428
    in_body = scene.bob.put(f"{PATH}/{label['id']}", json={"revision": 2, "response": BETTER})
    assert in_body.status_code == 200


def test_a_change_that_does_not_fit_leaves_the_judgement_alone(light: Scene) -> None:
    label = judged(light)
    wrong = put(light, label, response={"preference": {"choice": "third"}, "why": {"text": WHY}})
    assert wrong.status_code == 422
    assert "preference" in wrong.json["errors"]["json"]["response"]
    assert put(light, label, other=1).status_code == 422
    assert len(versions(light)) == 1


def test_what_is_closed_or_decided_stays(light: Scene) -> None:
    label = judged(light)
    with light.cast.app.app_context():
        db.transact(lambda s: s.execute(update(Project).values(status="completed")))
    assert put(light, label).json["code"] == "closed"
    (mine,) = light.bob.get(PATH).json["items"]
    assert mine["can_revise"] is False
    with light.cast.app.app_context():
        db.transact(lambda s: s.execute(update(Project).values(status="open")))
        item = db.read.scalars(select(Feedback.item_id)).one()
        decider = db.transact(_decider, light.project_id)
        made = db.transact(queue.insert_extra, item, decider, "adjudication")
        assert made is not None
        db.transact(queue.complete, made.id, decider)
    assert put(light, label).json["code"] == "decided"


def _decider(session: Any, project_id: str) -> str:
    from factories import make_member

    return make_member(session, session.get_one(Project, project_id)).user_id


def test_returned_work_comes_with_a_note_and_is_submitted_again(scene: Scene) -> None:
    label = judged(scene)
    answer = returned(scene, label)
    assert (answer.status_code, answer.json["state"]) == (200, "withdrawn")
    assert scene.bob.get(PATH).json["items"] == []
    (waiting,) = scene.bob.get(f"{PATH}?returned=true").json["items"]
    assert (waiting["note"], waiting["returned"], waiting["can_revise"]) == ("See guideline 3.", True, True)
    again = put(scene, label)
    assert (again.status_code, again.json["state"], again.json["revision"]) == (200, "standing", 2)
    assert scene.bob.get(f"{PATH}?returned=true").json["items"] == []
    assert [number for number, _ in versions(scene)] == [1, 2]


def test_returned_work_opens_on_the_desk_and_is_sent_as_any_other(light: Scene) -> None:
    label = judged(light)
    returned(light, label)
    shown = light.bob.get(f"/api/v1/annotator/assignments/{label['assignment_id']}").json
    assert (shown["state"], shown["returned"], shown["note"]) == ("leased", True, "See guideline 3.")
    assert light.submit(shown, response=BETTER).status_code == 201


def test_only_what_was_submitted_here_can_be_returned(light: Scene) -> None:
    label = judged(light)
    assert returned(light, label, note="").status_code == 422
    assert returned(light, label).status_code == 200
    assert returned(light, label).status_code == 409
    other = judged(light)
    with light.cast.app.app_context():
        db.transact(lambda s: s.execute(update(Feedback).values(source="import")))
    assert returned(light, other).json["code"] == "not_made_here"


def test_a_list_in_pages_by_project(light: Scene) -> None:
    labels = [judged(light), judged(light)]
    first = light.bob.get(f"{PATH}?limit=1&project={light.project_id}").json
    second = light.bob.get(f"{PATH}?limit=1&cursor={first['next']}").json
    assert [page["items"][0]["id"] for page in (first, second)] == [label["id"] for label in labels[::-1]]
    assert second["next"] is None
    assert first["items"][0]["prompt"] == "What is two plus two?"
    assert light.bob.get(f"{PATH}?project={labels[0]['id']}").status_code == 404
    assert light.charlie.get(f"{PATH}?project={light.project_id}").status_code == 404


def test_nothing_tells_which_tasks_test_the_annotator_or_what_others_said(light: Scene) -> None:
    label = judged(light)
    with light.cast.app.app_context():
        db.transact(lambda s: s.execute(update(TaskAssignment).values(purpose="gold")))
        db.transact(lambda s: s.execute(update(Feedback).values(quality_score=0.25)))
    (shown,) = light.bob.get(f"/api/v1/feedback/{label['task_id']}").json["items"]
    assert (shown["purpose"], shown["quality_score"]) == ("vote", None)
    assert put(light, label).json["quality_score"] is None
    assert put(light, label, revision=2, response=label["response"]).json["purpose"] == "vote"
    (theirs,) = light.alice.get(f"/api/v1/feedback/{label['task_id']}").json["items"]
    assert theirs["purpose"] == "gold"


def test_others_neither_see_nor_change_nor_return(light: Scene) -> None:
    label = judged(light)
    eve = light.cast.as_(light.cast.join("eve@example.org", "researcher"))
    assert light.charlie.get(PATH).json["items"] == []
    headers = {"If-Match": '"1"'}
    for client, status in ((light.charlie, 404), (light.alice, 403), (light.cast.anonymous(), 401)):
        answer = client.put(f"{PATH}/{label['id']}", json={"response": BETTER}, headers=headers)
        assert answer.status_code == status
    for client, status in ((eve, 404), (light.bob, 403), (light.cast.anonymous(), 401)):
        answer = client.post(f"/api/v1/feedback/{label['id']}/return", json={"note": "No."})
        assert answer.status_code == status
    assert light.count(FeedbackRevision) == 1
