"""The start page by role, the list of projects, and one project at a glance."""

from __future__ import annotations

import pytest
from flask import Flask
from owned_project import owned_project
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from queries import asked_of

from rlflow_core.extensions import db
from rlflow_core.services import job_attempts, jobs


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


@pytest.fixture
def project_id(sqlite_app: Flask, sqlite_cast: Cast) -> str:
    return owned_project(
        sqlite_app, sqlite_cast.alice, (sqlite_cast.bob,), prompts=("Why?", "How?"), wanted=3
    )


def test_a_researcher_without_projects_is_told_what_to_do(alice: PlainBrowser) -> None:
    page = alice.open("/")
    assert "No projects yet" in page.words
    assert 'href="/projects/new"' in page.html


def test_a_researcher_sees_how_far_each_project_is(alice: PlainBrowser, project_id: str) -> None:
    for path in ("/", "/projects"):
        page = alice.open(path)
        assert "0 of 6" in page.words
        assert '<progress class="rl-meter" value="0" max="6"' in page.html


def test_a_project_says_what_it_needs_next(alice: PlainBrowser, sqlite_app: Flask, sqlite_cast: Cast) -> None:
    owned_project(sqlite_app, sqlite_cast.alice, name="Empty")
    assert "It has nothing to judge yet" in alice.open("/").words
    owned_project(sqlite_app, sqlite_cast.alice, name="Lonely", prompts=("Why?",))
    assert "Nobody can judge in it yet" in alice.open("/").words
    owned_project(
        sqlite_app, sqlite_cast.alice, (sqlite_cast.bob,), name="Resting", prompts=("Why?",), status="paused"
    )
    assert "It is paused, so it hands out no work" in alice.open("/").words


def test_jobs_of_ones_own_projects_are_shown_while_they_run(
    alice: PlainBrowser, browse: Browse, sqlite_app: Flask, sqlite_cast: Cast, project_id: str
) -> None:
    with sqlite_app.app_context():
        db.transact(jobs.enqueue, "score", project_id, project_id=project_id, delay_seconds=60)
    assert "Scores: Answers Waiting" in alice.open("/").words
    assert 'hx-get="/home/jobs"' in alice.page.html
    stranger = browse(sqlite_cast.join("mallory@example.org", "researcher"))
    assert "Nothing runs." in stranger.open("/").words
    form, _ = alice.page.form_with("Cancel: Scores of Answers")
    token = stranger.open("/projects/new").form_with("Create project")[0].get("csrf_token")
    assert stranger.client.post(form.action, data={"csrf_token": token}).status_code == 404
    alice.open("/")
    assert "Nothing runs." in alice.press("Cancel: Scores of Answers").words
    assert "Answers" not in stranger.open("/home/jobs").words


def test_an_annotator_sees_their_work_and_one_button_into_it(
    browse: Browse, sqlite_cast: Cast, project_id: str
) -> None:
    page = browse(sqlite_cast.bob).open("/")
    assert "0 done, 2 open to you" in page.words
    assert "Start" in page.words
    assert page.form_with("Start: Answers")[0].action == f"/work/{project_id}/next"


def test_one_press_begins_the_work(browse: Browse, sqlite_cast: Cast, project_id: str) -> None:
    bob = browse(sqlite_cast.bob)
    bob.open("/")
    page = bob.press("Start: Answers")
    assert page.path == f"/work/{project_id}"
    assert "Submit and next" in page.words
    bob.open("/")
    assert "Continue" in bob.page.words
    assert "Submit and next" in bob.press("Continue: Answers").words


def test_failed_jobs_wait_on_the_start_page_until_a_later_one_is_done(
    alice: PlainBrowser, browse: Browse, sqlite_app: Flask, sqlite_cast: Cast, project_id: str
) -> None:
    def run(error: str = "") -> None:
        with sqlite_app.app_context():
            job = db.transact(jobs.enqueue, "score", project_id, project_id=project_id)
            taken = db.transact(job_attempts.take, job, "test")
            assert taken is not None
            if error:
                db.transact(job_attempts.fail, job, taken.attempts, error)
            else:
                db.transact(job_attempts.finish, job, taken.attempts)

    run("The scorer divides by <zero>.")
    page = alice.open("/")
    assert "Scores failed: The scorer divides by <zero>." in page.words
    assert "<zero>" not in page.html
    stranger = browse(sqlite_cast.join("mallory@example.org", "researcher"))
    assert "divides" not in stranger.open("/").words
    run()
    assert "divides" not in alice.open("/").words


def test_an_admin_sees_how_the_server_does(browse: Browse, alice: PlainBrowser, sqlite_cast: Cast) -> None:
    page = browse(sqlite_cast.dora).open("/")
    assert "This server" in page.words
    assert "2 annotators, 1 researcher, 1 admin" in page.words
    assert "This server" not in alice.open("/").words


def test_an_annotator_without_work_is_told_why(browse: Browse, sqlite_app: Flask, sqlite_cast: Cast) -> None:
    assert "No project has work for you" in browse(sqlite_cast.charlie).open("/").words
    owned_project(sqlite_app, sqlite_cast.alice, (sqlite_cast.bob,), prompts=("Why?",), status="paused")
    page = browse(sqlite_cast.bob).open("/")
    assert "/work/" not in page.html


def test_pausing_and_opening_a_project(alice: PlainBrowser, project_id: str) -> None:
    alice.open(f"/projects/{project_id}")
    assert "The project hands out no work until you open it." in alice.press("Pause").words
    assert "The project hands out work." in alice.press("Open").words
    form, _ = alice.page.form_with("Pause")
    answer = alice.client.post(
        f"/projects/{project_id}/status", data={"csrf_token": form.get("csrf_token"), "status": "deleted"}
    )
    assert answer.status_code == 422


def test_a_member_is_added_by_address_however_it_is_typed(alice: PlainBrowser, project_id: str) -> None:
    alice.open(f"/projects/{project_id}")
    page = alice.press("Add member", emails="  Charlie@EXAMPLE.org")
    assert "1 member added." in page.words
    assert "charlie@example.org" in page.words


def test_a_stranger_can_neither_look_nor_change(
    alice: PlainBrowser, browse: Browse, sqlite_cast: Cast, project_id: str
) -> None:
    stranger = browse(sqlite_cast.join("mallory@example.org", "researcher"))
    token = stranger.open("/projects/new").form_with("Create project")[0].get("csrf_token")
    assert stranger.open(f"/projects/{project_id}").status == 404
    posts = {
        f"/projects/{project_id}/status": {"status": "paused"},
        f"/projects/{project_id}/members": {"emails": "mallory@example.org", "role": "researcher"},
    }
    for path, values in posts.items():
        assert stranger.client.post(path, data={"csrf_token": token, **values}).status_code == 404, path
    assert stranger.open(f"/projects/{project_id}").status == 404
    assert "Open" in alice.open(f"/projects/{project_id}").words


def test_without_the_token_nothing_changes(alice: PlainBrowser, project_id: str) -> None:
    answer = alice.client.post(f"/projects/{project_id}/status", data={"status": "paused"})
    assert answer.status_code == 403
    assert "Pause" in alice.open(f"/projects/{project_id}").words


def test_pages_ask_the_database_equally_often_however_many_projects_there_are(
    alice: PlainBrowser, sqlite_app: Flask, sqlite_cast: Cast
) -> None:
    asked = []
    for _ in range(2):
        for _ in range(3):
            owned_project(sqlite_app, sqlite_cast.alice, (sqlite_cast.bob,), prompts=("Why?",))
        for path in ("/", "/projects"):
            with asked_of(sqlite_app) as counted:
                alice.open(path)
            assert counted.write_transactions == 0
            asked.append(len(counted))
    assert asked[:2] == asked[2:]
    assert max(asked) <= 11


def test_one_project_asks_little_and_writes_nothing(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    for path in (f"/projects/{project_id}", f"/projects/{project_id}/settings"):
        with asked_of(sqlite_app) as asked:
            assert alice.open(path).status == 200
        assert asked.write_transactions == 0
        assert len(asked) <= 10
