"""Researchers read judgements one by one and give one back with a note."""

from __future__ import annotations

import pytest
from labeling_scene import WHY, Scene
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse


@pytest.fixture
def scene(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


@pytest.fixture
def alice(browse: Browse, scene: Scene) -> PlainBrowser:
    scene.submit(scene.claim(), seconds=30)
    browser = browse(scene.cast.alice)
    browser.open(f"/projects/{scene.project_id}/judgements")
    return browser


def test_a_judgement_is_given_back_with_a_note(alice: PlainBrowser, scene: Scene) -> None:
    assert WHY in alice.page.words
    page = alice.press("Return to annotator", note="Look at the second answer.", days="3")
    assert "Returned. Its annotator is told" in page.words
    assert "No judgements yet" in page.words
    page = alice.open(f"/projects/{scene.project_id}/judgements?state=returned")
    assert "Look at the second answer." in page.words
    assert "1 returned judgement not redone yet" in alice.open("/").words
    (waiting,) = scene.bob.get("/api/v1/annotator/feedback?returned=true").json["items"]
    assert waiting["note"] == "Look at the second answer."


def test_without_a_note_nothing_is_given_back(alice: PlainBrowser) -> None:
    page = alice.press("Return to annotator", note="  ")
    assert (page.status, "Write what to look at again" in page.words) == (422, True)
    assert WHY in page.words


def test_one_annotator_is_looked_at_alone(alice: PlainBrowser, scene: Scene) -> None:
    page = alice.open(f"/projects/{scene.project_id}/judgements?annotator=nobody")
    assert WHY not in page.words


def test_others_neither_read_nor_return(browse: Browse, alice: PlainBrowser, scene: Scene) -> None:
    form, _ = alice.page.form_with("Return to annotator")
    path = f"/projects/{scene.project_id}/judgements"
    stranger = browse(scene.cast.join("eve@example.org", "researcher"))
    assert stranger.open(path).status == 404
    assert browse(scene.cast.bob).open(path).status == 403
    token = stranger.open("/projects/new").form_with("Create project")[0].get("csrf_token")
    answer = stranger.client.post(form.action, data={"csrf_token": token, "note": "No.", "days": "7"})
    assert answer.status_code == 404
    assert WHY in alice.open(path).words
