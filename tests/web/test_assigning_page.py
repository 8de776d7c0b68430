"""A researcher gives a task to one person by name on the page of the task; what does not fit is said there."""

from __future__ import annotations

import pytest
from labeling_scene import Scene
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from sqlalchemy import select, update

from rlflow_core.extensions import db
from rlflow_core.models import Project, Task, TaskAssignment


@pytest.fixture
def scene(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


@pytest.fixture
def path(scene: Scene) -> str:
    with scene.cast.app.app_context():
        return f"/tasks/{db.read.scalars(select(Task.id).order_by(Task.seq)).first()}"


@pytest.fixture
def alice(browse: Browse, scene: Scene, path: str) -> PlainBrowser:
    browser = browse(scene.cast.alice)
    browser.open(path)
    return browser


def minutes_left(scene: Scene) -> int:
    with scene.cast.app.app_context():
        row = db.read.scalars(select(TaskAssignment)).one()
        assert row.lease_until is not None
        return round((row.lease_until - row.assigned_at).total_seconds() / 60)


def test_the_page_says_who_has_the_task_and_until_when(alice: PlainBrowser, scene: Scene) -> None:
    assert "Nobody now." in alice.page.words
    assert '<option value="bob@example.org">' in alice.page.html
    assert '<option value="alice@example.org">' not in alice.page.html
    page = alice.press("Assign", annotator=" Bob@Example.org ", hours="3")
    assert (page.status, "Nobody now." in page.words) == (200, False)
    assert "is reserved for Bob@Example.org." in page.words
    assert "bob@example.org until" in page.words
    assert minutes_left(scene) == 180


def test_without_hours_it_is_a_day(alice: PlainBrowser, scene: Scene) -> None:
    alice.press("Assign", annotator="bob@example.org")
    assert minutes_left(scene) == 24 * 60


@pytest.mark.parametrize(
    ("who", "hours", "status", "sentence", "field"),
    [
        ("", "", 422, "Write the e-mail address of an annotator.", "annotator"),
        ("nobody@example.org", "", 422, "No account has this address or id.", "annotator"),
        ("<b>bob</b>", "", 422, "Name an e-mail address or the id of an account.", "annotator"),
        ("alice@example.org", "", 422, "only annotators are given tasks", "annotator"),
        ("charlie@example.org", "", 409, "This person is no annotator of the project.", "annotator"),
        ("bob@example.org", "0", 422, "Write a whole number from 1 to 1440.", "hours"),
        ("bob@example.org", "1441", 422, "Write a whole number from 1 to 1440.", "hours"),
        ("bob@example.org", "soon", 422, "Write a whole number from 1 to 1440.", "hours"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    alice: PlainBrowser, scene: Scene, who: str, hours: str, status: int, sentence: str, field: str
) -> None:
    page = alice.press("Assign", annotator=who, hours=hours)
    assert (page.status, sentence in page.words) == (status, True)
    assert f'id="{field}-error"' in page.html
    assert page.form_with("Assign")[0].get("hours") == hours
    assert "<b>bob" not in page.html
    assert scene.count(TaskAssignment) == 0


def test_who_has_it_or_has_judged_it_is_named_as_such(alice: PlainBrowser, scene: Scene, path: str) -> None:
    alice.press("Assign", annotator="bob@example.org")
    page = alice.press("Assign", annotator="bob@example.org")
    assert (page.status, "has judged all of the task, or is at it" in page.words) == (409, True)
    scene.submit(scene.claim())
    assert "Nobody now." in alice.open(path).words
    assert alice.press("Assign", annotator="bob@example.org").status == 409


def test_what_is_not_handed_out_offers_no_form_and_refuses(
    alice: PlainBrowser, scene: Scene, path: str
) -> None:
    with scene.cast.app.app_context():
        db.transact(lambda session: session.execute(update(Project).values(status="paused")))
    page = alice.press("Assign", annotator="bob@example.org")
    assert (page.status, "The project is paused" in page.words) == (409, True)
    assert "Open the project to give the task to a person." in alice.open(path).words
    bare = scene.alice.post("/api/v1/tasks", json={"project": scene.project_id, "prompt": "Why?"}).json
    page = alice.open(f"/tasks/{bare['id']}")
    assert "once it has something to judge" in page.words
    assert 'name="annotator"' not in page.html


def test_others_assign_nothing(alice: PlainBrowser, browse: Browse, scene: Scene, path: str) -> None:
    eve = browse(scene.cast.join("eve@example.org", "researcher"))
    token = eve.open("/projects/new").form_with("Create project")[0].get("csrf_token")
    data = {"csrf_token": token, "annotator": "bob@example.org"}
    assert eve.client.post(f"{path}/assign", data=data).status_code == 404
    bob = browse(scene.cast.bob)
    token = bob.open("/account").forms[0].get("csrf_token")
    assert bob.client.post(f"{path}/assign", data={**data, "csrf_token": token}).status_code == 403
    assert alice.client.post(f"{path}/assign", data={"annotator": "bob@example.org"}).status_code == 403
    assert scene.count(TaskAssignment) == 0
