"""The bell counts what is unread, the page lists it, and opening a line leads to what it is about."""

from __future__ import annotations

import pytest
from labeling_scene import Scene
from people import Cast
from plain_browser import Browse
from plain_browser import browse as browse

from rlflow_core.extensions import db
from rlflow_core.services import notifying, queue


@pytest.fixture
def scene(sqlite_cast: Cast) -> Scene:
    scene = Scene(sqlite_cast)
    assignment = scene.claim()
    scene.submit(assignment)
    with sqlite_cast.app.app_context():
        db.transact(queue.return_to_annotator, assignment["id"], "Look <again>.", 60)
        db.transact(notifying.tell, f"returned:{assignment['id']}:1")
    return scene


def test_the_bell_counts_and_the_page_names(browse: Browse, scene: Scene) -> None:
    bob = browse(scene.cast.bob)
    assert 'aria-label="Notifications, 1 unread"' in bob.open("/").html
    page = bob.open("/notifications")
    assert "A task was returned to you in Answers." in page.words
    assert "Look <again>." in page.words
    assert "<again>" not in page.html


def test_opening_a_line_marks_it_as_read_and_leads_there(browse: Browse, scene: Scene) -> None:
    bob = browse(scene.cast.bob)
    bob.open("/notifications")
    assert bob.press("A task was returned to you in Answers.").path == "/my-work"
    assert 'aria-label="Notifications, 0 unread"' in bob.open("/notifications").html
    assert "Mark all as read" not in bob.page.words


def test_all_are_read_at_once(browse: Browse, scene: Scene) -> None:
    bob = browse(scene.cast.bob)
    bob.open("/notifications")
    assert "1 marked as read." in bob.press("Mark all as read").words


def test_others_see_none_of_it(browse: Browse, scene: Scene) -> None:
    bob, charlie = browse(scene.cast.bob), browse(scene.cast.charlie)
    form, _ = bob.open("/notifications").form_with("A task was returned to you in Answers.")
    page = charlie.open("/notifications")
    assert "Nothing yet" in page.words
    token = page.html.partition('name="csrf-token" content="')[2].partition('"')[0]
    for address in (form.action, form.action.replace("/open", "/read")):
        assert charlie.client.post(address, data={"csrf_token": token}).status_code == 404
        assert bob.client.post(address).status_code == 403
    assert 'aria-label="Notifications, 1 unread"' in bob.open("/").html
    assert "Sign in" in browse().open("/notifications").words
