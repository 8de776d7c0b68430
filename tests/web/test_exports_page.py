"""Exporting through the pages: rows before the file, the file, its history, and who gets nothing."""

from __future__ import annotations

import hashlib
import json

import pytest
from factories import make_member
from flask import Flask
from labels import prefer
from owned_project import owned_project
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from queries import asked_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.jobs.inline import run_now_or_wait
from rlflow_core.models import ExportJob, Job, Project, TaskItem

XSS = "<script>alert(1)</script>"


@pytest.fixture
def project_id(sqlite_app: Flask, sqlite_cast: Cast) -> str:
    """A project with one preference, one tie, and a prompt that would like to be a script."""
    made = owned_project(sqlite_app, sqlite_cast.alice, (sqlite_cast.bob,), prompts=(XSS, "How?"))

    def work(session: Session) -> None:
        annotator = make_member(session, session.get_one(Project, made))
        items = session.scalars(
            select(TaskItem).where(TaskItem.project_id == made).order_by(TaskItem.id)
        ).all()
        for item, label in zip(items, ("first", "tie"), strict=True):
            prefer(session, item, annotator, label)

    with sqlite_app.app_context():
        db.transact(work)
    return made


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


def build(app: Flask) -> None:
    with app.app_context():
        run_now_or_wait(db.read.scalars(select(Job.id).where(Job.kind == "export")).one())


def test_the_rows_are_shown_as_the_trainer_sees_them_before_anything_is_built(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    alice.open(f"/projects/{project_id}/exports")
    page = alice.press("Show rows", **{"layout.key": "dpo"})
    assert page.status == 200
    assert '"chosen": "Four."' in page.words
    assert "Left out: tie −1" in page.words
    assert "<script>alert" not in page.html
    with sqlite_app.app_context():
        assert db.read.scalars(select(ExportJob)).all() == []


def test_a_file_is_built_and_is_what_its_hash_says(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    alice.open(f"/projects/{project_id}/exports")
    page = alice.press("Build export")
    assert (page.path, "The export is being built." in page.words) == (
        f"/projects/{project_id}/exports",
        True,
    )
    assert 'hx-trigger="every 1s"' in page.html
    build(sqlite_app)
    page = alice.open(f"/projects/{project_id}/exports")
    assert ("Ready" in page.words, "every 1s" in page.html) == (True, False)
    with sqlite_app.app_context():
        export = db.read.scalars(select(ExportJob)).one()
    assert export.manifest is not None
    name = export.manifest["files"][-1]
    assert f'data_files="{name}"' in page.words
    answer = alice.client.get(f"/exports/{export.id}/files/{name}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert hashlib.sha256(answer.data).hexdigest() == export.sha256
    rewards = [json.loads(line)["reward_scalar"] for line in answer.data.split(b"\n") if line]
    assert rewards == [1.0, -1.0, 0.0, 0.0]


def test_the_settings_of_the_layout_and_the_filters_are_those_of_the_form(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    alice.open(f"/projects/{project_id}/exports")
    alice.press(
        "Build export",
        format="parquet",
        **{"layout.config.format": "conversational", "filters.min_votes": "1", "filters.tags": "a\r\nb"},
    )
    assert alice.page.status == 200, alice.page.words
    with sqlite_app.app_context():
        export = db.read.scalars(select(ExportJob)).one()
    assert (export.layout, export.format, export.config["format"]) == ("rlhf", "parquet", "conversational")
    assert export.filters == {"tags": ["a", "b"]}


def test_filters_that_do_not_fit_are_said_at_their_fields(alice: PlainBrowser, project_id: str) -> None:
    alice.open(f"/projects/{project_id}/exports")
    page = alice.press(
        "Build export",
        **{"filters.min_votes": "none", "filters.min_probability": "7", "layout.config.format": "odd"},
    )
    assert page.status == 422
    for field in ("filters-min_votes", "filters-min_probability"):
        assert f'id="{field}-error"' in page.html, field
    mended = {"filters.min_votes": "1", "filters.min_probability": "", "filters.exclude_annotators": "nobody"}
    page = alice.press("Show rows", **mended)
    assert "Nobody in the project has the pseudonym nobody." in page.words


def test_a_third_export_at_once_waits_its_turn(alice: PlainBrowser, project_id: str) -> None:
    for _ in range(2):
        alice.open(f"/projects/{project_id}/exports")
        alice.press("Build export")
    alice.open(f"/projects/{project_id}/exports")
    page = alice.press("Build export")
    assert (page.status, "Wait for one, or cancel its job." in page.words) == (429, True)
    assert "Stopped" in alice.press("Stop").words


def test_rows_come_into_the_page_by_themselves(alice: PlainBrowser, project_id: str) -> None:
    page = alice.open(f"/projects/{project_id}/exports")
    assert f'hx-post="/projects/{project_id}/exports/preview"' in page.html
    form, _ = page.form_with("Build export")
    answer = alice.client.post(f"/projects/{project_id}/exports/preview", data=dict(form.values))
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "Four." in answer.text


def test_who_does_not_manage_the_project_gets_neither_rows_nor_files(
    alice: PlainBrowser, browse: Browse, sqlite_app: Flask, sqlite_cast: Cast, project_id: str
) -> None:
    alice.open(f"/projects/{project_id}/exports")
    alice.press("Build export")
    build(sqlite_app)
    with sqlite_app.app_context():
        export_id = db.read.scalars(select(ExportJob.id)).one()
    stranger = browse(sqlite_cast.join("mallory@example.org", "researcher"))
    token = stranger.open("/projects/new").form_with("Create project")[0].get("csrf_token")
    paths = (f"/projects/{project_id}/exports", f"/projects/{project_id}/exports/history")
    for path in (*paths, f"/exports/{export_id}/files/manifest.json"):
        assert stranger.open(path).status == 404, path
        assert browse(sqlite_cast.bob).open(path).status == 403, path
    for path in (*paths[:1], f"{paths[0]}/preview", f"/exports/{export_id}/cancel"):
        assert stranger.client.post(path, data={"csrf_token": token}).status_code == 404, path


def test_only_files_of_the_export_are_given(alice: PlainBrowser, sqlite_app: Flask, project_id: str) -> None:
    alice.open(f"/projects/{project_id}/exports")
    alice.press("Build export")
    build(sqlite_app)
    with sqlite_app.app_context():
        export_id = db.read.scalars(select(ExportJob.id)).one()
    for name in ("..%2F..%2Fsecret_key", "%2Fetc%2Fpasswd", "other.jsonl"):
        assert alice.client.get(f"/exports/{export_id}/files/{name}").status_code == 404


def test_looking_at_exports_writes_nothing_and_asks_little(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    with asked_of(sqlite_app) as asked:
        alice.open(f"/projects/{project_id}/exports")
    assert asked.write_transactions == 0
    assert len(asked) <= 8
