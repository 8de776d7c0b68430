"""An annotator finds what was returned with its note, goes on with what they began, and changes what they submitted."""

from __future__ import annotations

import pytest
from labeling_scene import WHY, Scene
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse

from rlflow_core.extensions import db
from rlflow_core.models import FeedbackRevision
from rlflow_core.services import queue, returning


@pytest.fixture
def scene(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


@pytest.fixture
def bob(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.bob)


def give_back(scene: Scene, feedback_id: str, note: str) -> None:
    with scene.cast.app.app_context():
        db.transact(returning.give_back, scene.cast.alice.viewer, feedback_id, note, 60)


def test_who_has_done_nothing_is_told_what_will_stand_here(bob: PlainBrowser, scene: Scene) -> None:
    assert "Nothing submitted yet" in bob.open("/my-work").words


def test_what_was_submitted_stands_with_its_counts(bob: PlainBrowser, scene: Scene) -> None:
    scene.submit(scene.claim(), seconds=30)
    page = bob.open("/my-work")
    assert "Today 1" in page.words
    assert WHY in page.words
    assert "Change" in page.words


def test_a_submitted_answer_is_changed_and_the_earlier_one_kept(bob: PlainBrowser, scene: Scene) -> None:
    label = scene.submit(scene.claim()).json
    address = f"/work/{scene.project_id}/{label['assignment_id']}"
    page = bob.open(f"{address}/revise")
    assert "You change an answer that you submitted." in page.words
    assert WHY in page.html
    page = bob.press("Change answer", **{"why.text": "It is shorter."})
    assert "Changed. Your earlier answer is kept." in page.words
    assert (page.path, "It is shorter." in page.words) == ("/my-work", True)
    assert scene.count(FeedbackRevision) == 2
    bob.open(f"{address}/revise")
    assert "Nothing was different." in bob.press("Change answer").words
    assert scene.count(FeedbackRevision) == 2


def test_a_change_that_does_not_fit_stays_in_the_form(bob: PlainBrowser, scene: Scene) -> None:
    label = scene.submit(scene.claim()).json
    bob.open(f"/work/{scene.project_id}/{label['assignment_id']}/revise")
    page = bob.press("Change answer", **{"preference.choice": None})
    assert page.status == 422
    assert "Change answer" in page.words
    assert scene.count(FeedbackRevision) == 1


def test_two_tabs_do_not_overwrite_one_another(bob: PlainBrowser, scene: Scene) -> None:
    label = scene.submit(scene.claim()).json
    bob.open(f"/work/{scene.project_id}/{label['assignment_id']}/revise")
    changed = {"preference": {"choice": "tie"}, "why": {"text": "Both."}}
    scene.bob.put(f"/api/v1/annotator/feedback/{label['id']}", json={"revision": 1, "response": changed})
    page = bob.press("Change answer", **{"why.text": "Older."})
    assert (page.status, "Not changed." in page.words) == (409, True)


def test_returned_work_stands_on_top_with_its_note_and_is_redone(bob: PlainBrowser, scene: Scene) -> None:
    label = scene.submit(scene.claim()).json
    give_back(scene, label["id"], "See guideline <3>.")
    page = bob.open("/my-work")
    assert page.words.index("See guideline <3>.") < page.words.index("Submitted")
    assert "<3>" not in page.html
    page = bob.press("Redo: What is two plus two?")
    assert "A researcher returned this to you." in page.words
    page = bob.press("Submit", **{"why.text": "As the guideline says."})
    assert "Submitted." in page.words
    assert "Returned to you" not in bob.open("/my-work").words


def test_what_was_begun_can_be_gone_on_with(bob: PlainBrowser, scene: Scene) -> None:
    assignment = scene.claim()
    scene.bob.post(f"/api/v1/annotator/assignments/{assignment['id']}/postpone")
    page = bob.open("/my-work")
    assert "Postponed" in page.words
    assert bob.press("Go on: What is two plus two?").path == f"/work/{scene.project_id}/{assignment['id']}"


def test_nobody_changes_the_answers_of_others(browse: Browse, bob: PlainBrowser, scene: Scene) -> None:
    label = scene.submit(scene.claim()).json
    address = f"/work/{scene.project_id}/{label['assignment_id']}/revise"
    assert browse(scene.cast.charlie).open(address).status == 404
    assert browse(scene.cast.alice).open(address).status == 403
    assert browse(scene.cast.alice).open("/my-work").status == 403
    assert "Sign in" in browse().open("/my-work").words
    form, _ = bob.open(address).form_with("Change answer")
    stranger = browse(scene.cast.charlie)
    token = stranger.open("/notifications").html.partition('name="csrf-token" content="')[2].partition('"')[0]
    values = dict(form.values) | {"csrf_token": token}
    assert stranger.client.post(address, data=values).status_code == 404
    held = scene.claim()
    assert bob.open(f"/work/{scene.project_id}/{held['id']}/revise").status == 404


def test_a_list_shows_the_projects_of_the_annotator_only(bob: PlainBrowser, scene: Scene) -> None:
    scene.submit(scene.claim())
    with scene.cast.app.app_context():
        db.transact(queue.end_leases, scene.project_id, scene.cast.bob.id)
    scene.alice.delete(f"/api/v1/projects/{scene.project_id}/members/{scene.cast.bob.id}")
    assert "Nothing submitted yet" in bob.open("/my-work").words
