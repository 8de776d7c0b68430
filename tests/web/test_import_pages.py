"""Importing a file through the pages: what comes in, which lines are refused and why, who may not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from owned_project import owned_project
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from queries import asked_of
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.jobs.inline import run_now_or_wait
from rlflow_core.models import Job, Task
from rlflow_core.services import imports

XSS = "<img src=x onerror=alert(1)>"
TASK = {"prompt": "Why?", "outputs": [{"model_id": "m", "output": "A"}, {"model_id": "n", "output": "B"}]}


@pytest.fixture
def project_id(sqlite_app: Flask, sqlite_cast: Cast) -> str:
    return owned_project(sqlite_app, sqlite_cast.alice, (sqlite_cast.bob,))


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


def upload(browser: PlainBrowser, project_id: str, content: bytes, name: str = "tasks.jsonl") -> None:
    browser.open(f"/projects/{project_id}/import")
    browser.press("Import tasks", {"file": (content, name)})


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def run_import(app: Flask) -> None:
    with app.app_context():
        job_id = db.read.scalars(select(Job.id).where(Job.kind == "import")).one()
        run_now_or_wait(job_id)


def test_a_file_is_taken_and_then_read_by_a_job(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    upload(alice, project_id, lines(TASK, {**TASK, "prompt": "How?"}))
    assert alice.page.path.startswith("/imports/")
    assert ("Waiting" in alice.page.words, 'hx-trigger="every 1s"' in alice.page.html) == (True, True)
    run_import(sqlite_app)
    page = alice.open(alice.page.path)
    assert "Done" in page.words
    assert f'href="/projects/{project_id}/import" aria-current="page"' in page.html
    assert "every 1s" not in page.html
    assert "Tasks 2" in page.words
    assert "2 items to judge" in alice.open(f"/projects/{project_id}").words


def test_refused_lines_are_listed_with_number_field_and_reason(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    upload(alice, project_id, lines(TASK) + b"not json\n" + lines({"prompt": ""}, {**TASK, "colour": "red"}))
    run_import(sqlite_app)
    page = alice.open(alice.page.path)
    assert "3 of 4; mend them" in page.words
    for line, field in ((2, "–"), (3, "prompt"), (4, "colour")):
        assert f"{line} {field}" in page.words


def test_what_a_file_says_is_shown_as_text(alice: PlainBrowser, sqlite_app: Flask, project_id: str) -> None:
    upload(
        alice, project_id, lines({XSS: 1, "prompt": "Why?"}, {"prompt": XSS, "outputs": XSS}), f"{XSS}.jsonl"
    )
    run_import(sqlite_app)
    page = alice.open(alice.page.path)
    assert "<img" not in page.html
    assert f"{XSS}.jsonl" in page.words


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b" \n \n", "The file is empty."),
        (b"\x1f\x8b\x08\x00rest", "It cannot be unpacked"),
        (b"PAR1....", "It cannot be read as Parquet"),
        (b"PK\x03\x04", "It is a zip archive or a spreadsheet."),
    ],
)
def test_a_file_of_another_kind_is_refused_in_place(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str, content: bytes, reason: str
) -> None:
    upload(alice, project_id, content)
    assert (alice.page.status, reason in alice.page.words) == (422, True)
    assert stored_files(sqlite_app) == []


def test_a_form_without_a_file_asks_for_one(alice: PlainBrowser, project_id: str) -> None:
    alice.open(f"/projects/{project_id}/import")
    assert "Choose a file first." in alice.press("Import tasks").words


def test_nothing_is_kept_of_a_file_whose_import_cannot_start(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("the database went away")

    monkeypatch.setattr(imports, "start", refuse)
    upload(alice, project_id, lines(TASK))
    assert alice.page.status == 500
    assert stored_files(sqlite_app) == []


def test_a_waiting_import_can_be_stopped(alice: PlainBrowser, sqlite_app: Flask, project_id: str) -> None:
    upload(alice, project_id, lines(TASK))
    assert "Stopped" in alice.press("Stop").words
    with sqlite_app.app_context():
        assert db.read.scalars(select(Task)).all() == []


def test_who_does_not_manage_the_project_can_neither_import_nor_look(
    alice: PlainBrowser, browse: Browse, sqlite_cast: Cast, project_id: str
) -> None:
    upload(alice, project_id, lines(TASK))
    seen = alice.page.path
    stranger = browse(sqlite_cast.join("mallory@example.org", "researcher"))
    assert stranger.open(seen).status == 404
    assert stranger.open(f"/projects/{project_id}/import").status == 404
    token = stranger.open("/projects/new").form_with("Create project")[0].get("csrf_token")
    for path in (f"/projects/{project_id}/import", f"{seen}/cancel"):
        assert stranger.client.post(path, data={"csrf_token": token}).status_code == 404
    assert browse(sqlite_cast.bob).open(seen).status == 403


def test_looking_at_an_import_writes_nothing_and_asks_little(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    upload(alice, project_id, lines(TASK))
    with asked_of(sqlite_app) as asked:
        alice.open(alice.page.path)
    assert asked.write_transactions == 0
    # One of them is the bell, which every page shows.
    assert len(asked) <= 13


def stored_files(app: Flask) -> list[Path]:
    return list((app.config["RLFLOW"].data_dir / "imports").glob("*"))
