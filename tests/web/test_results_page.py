"""The results of a project as its researchers see them: counts, agreement, reasons for what is not defined."""

from __future__ import annotations

from datetime import UTC, datetime

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
from rlflow_core.models import Project, TaskItem
from rlflow_core.services import jobs
from rlflow_core.services.metrics import ScoreView
from rlflow_web.scores_text import score_tables


@pytest.fixture
def project_id(sqlite_app: Flask, sqlite_cast: Cast) -> str:
    return owned_project(sqlite_app, sqlite_cast.alice, prompts=("Why?", "How?"), name="<b>Answers</b>")


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


def vote(app: Flask, project_id: str, *labels: str) -> None:
    """Two annotators vote on the first items: one label per item from each."""

    def work(session: Session) -> None:
        project = session.get_one(Project, project_id)
        items = session.scalars(select(TaskItem).where(TaskItem.project_id == project_id)).all()
        for _ in range(2):
            annotator = make_member(session, project)
            for item, label in zip(items, labels, strict=False):
                prefer(session, item, annotator, label)

    with app.app_context():
        db.transact(work)


def test_without_judgements_the_page_says_what_is_missing(alice: PlainBrowser, project_id: str) -> None:
    page = alice.open(f"/projects/{project_id}/results")
    assert (page.status, "No judgements yet" in page.words) == (200, True)


def test_labels_are_counted_and_annotators_have_pseudonyms(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    vote(sqlite_app, project_id, "first", "tie")
    words = alice.open(f"/projects/{project_id}/results").words
    assert "Judgements 4" in words
    assert "First output 2 50" in words
    assert "@example.org" not in words.replace("alice@example.org", "")


def test_while_scores_are_computed_the_page_asks_again(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    vote(sqlite_app, project_id, "first")
    with sqlite_app.app_context():
        db.transact(jobs.enqueue, "score", project_id, project_id=project_id, delay_seconds=60)
    page = alice.open(f"/projects/{project_id}/results")
    assert "Computing…" in page.words
    assert 'hx-trigger="every 2s"' in page.html


def test_what_is_not_defined_is_a_dash_with_its_reason_never_nought() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    scores = [
        ScoreView("agreement", "alpha", "p.choice", None, "Only one annotator has rated.", {}, now),
        ScoreView("agreement", "percent_agreement", "p.choice", 0.5, None, {"raters": 2}, now),
    ]
    (table,) = score_tables(scores)
    alpha, agreed = table.lines[0].cells
    assert alpha is not None and (alpha.text, alpha.reason) == ("–", "Only one annotator has rated.")
    assert agreed is not None and agreed.text == "50\N{NO-BREAK SPACE}%"


def test_names_are_shown_as_text(alice: PlainBrowser, project_id: str) -> None:
    page = alice.open(f"/projects/{project_id}/results")
    assert "<b>Answers" not in page.html
    assert "<b>Answers</b>" in page.words


def test_results_are_for_the_researchers_of_the_project(
    browse: Browse, sqlite_cast: Cast, project_id: str
) -> None:
    path = f"/projects/{project_id}/results"
    assert browse(sqlite_cast.join("mallory@example.org", "researcher")).open(path).status == 404
    assert browse(sqlite_cast.bob).open(path).status == 403
    assert browse(sqlite_cast.dora).open(path).status == 200
    assert browse().open(path).path == "/sign-in"


def test_looking_at_results_writes_nothing_and_asks_little(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    vote(sqlite_app, project_id, "first", "second")
    with asked_of(sqlite_app) as asked:
        alice.open(f"/projects/{project_id}/results")
    assert asked.write_transactions == 0
    assert len(asked) <= 12
