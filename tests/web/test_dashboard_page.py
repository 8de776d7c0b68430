"""The dashboard as its researchers see it: every chart also as words, what to do where there is nothing, and live."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from factories import make_member
from flask import Flask
from html_forms import Page
from labels import make_vote, prefer
from owned_project import owned_project
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from queries import asked_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Project, TaskItem, db_now
from rlflow_core.plugin_api import Signal

LIVE = {"HX-Request": "true"}


@pytest.fixture
def project_id(sqlite_app: Flask, sqlite_cast: Cast) -> str:
    return owned_project(
        sqlite_app, sqlite_cast.alice, prompts=("Why?", "How?", "When?"), name="<b>Answers</b>"
    )


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


def judge(app: Flask, project_id: str, *labels: str) -> None:
    """Two annotators judge the first items just now, the first of them with strength 3 and with a grade."""

    def work(session: Session) -> None:
        project, now = session.get_one(Project, project_id), session.scalar(select(db_now()))
        assert now is not None
        items = session.scalars(select(TaskItem).where(TaskItem.project_id == project_id)).all()
        grader = make_member(session, project)
        for strength in (3, 1):
            member = make_member(session, project)
            for item, label in zip(items, labels, strict=False):
                prefer(session, item, member, label, strength, created_at=now)
        for number, item in enumerate(items):
            grade = Signal("grade", "scalar", value=number / 3)
            make_vote(session, item, grader, {"quality": [grade]}, created_at=now)

    with app.app_context():
        db.transact(work)


def plots(html: str) -> list[dict[str, Any]]:
    """What the module of the charts is given."""
    return [json.loads(unescape(found)) for found in re.findall(r'data-plot="([^"]*)"', html)]


def test_every_number_is_there_in_words(alice: PlainBrowser, sqlite_app: Flask, project_id: str) -> None:
    judge(sqlite_app, project_id, "first", "tie")
    page = alice.open(f"/projects/{project_id}/dashboard")
    assert page.status == 200
    assert "7 labels" in page.words
    assert "First output, by 3 1 25" in page.words
    assert "First output, by 1 1 25" in page.words
    assert "Tie 2 50" in page.words
    assert "Both bad 0" in page.words
    assert "The first output won 100" in page.words
    assert "Mean 0.33, standard deviation 0.27, from 0 to 0.666667." in page.words
    assert "Annotators 3 in this period" in page.words
    assert "<b>Answers" not in page.html


def test_charts_are_drawn_without_javascript_and_given_to_it(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    judge(sqlite_app, project_id, "first", "second")
    page = alice.open(f"/projects/{project_id}/dashboard?days=7")
    so_far, each, amounts = plots(page.html)
    assert (so_far["kind"], so_far["y"]) == ("line", [0] * 6 + [7])
    assert (each["kind"], each["y"]) == ("columns", [0] * 6 + [7])
    assert (amounts["kind"], sum(amounts["y"])) == ("histogram", 3)
    assert page.html.count('class="rl-chart" viewBox="0 0 364') == 3
    assert page.words.count("as a table") == 3
    assert not re.search(r"\sstyle=", page.html)


def test_an_empty_project_says_what_to_do(
    alice: PlainBrowser, sqlite_app: Flask, sqlite_cast: Cast, project_id: str
) -> None:
    empty = owned_project(sqlite_app, sqlite_cast.alice)
    page = alice.open(f"/projects/{empty}/dashboard")
    assert "Nothing to measure yet" in page.words
    assert f'href="/projects/{empty}/import"' in page.html
    page = alice.open(f"/projects/{project_id}/dashboard")
    assert "Nobody has labeled in the last 7 days." in page.words
    assert "Labels 0 of 3" in page.words
    assert "Look at all time" in page.words


def chosen_period(page: Page) -> str:
    link = re.search(r'aria-current="true">(.*?)</a>', page.html)
    assert link is not None
    return re.sub("<[^>]*>", "", link[1])


def test_the_period_is_chosen_and_an_unknown_one_is_refused(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    judge(sqlite_app, project_id, "first")
    path = f"/projects/{project_id}/dashboard"
    for days, chosen in (
        ("", "30 days"),
        ("?days=7", "7 days"),
        ("?days=90", "90 days"),
        ("?days=all", "All"),
    ):
        page = alice.open(path + days)
        assert chosen_period(page) == chosen
    refused = alice.open(f"{path}?days=8")
    assert (refused.status, "Use 7, 30, 90, all." in refused.words) == (422, True)


def test_nothing_is_sent_while_nothing_is_new(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    page = alice.open(f"/projects/{project_id}/dashboard")
    again = re.search(r'hx-get="([^"]*)"', page.html)
    assert again is not None
    path = unescape(again[1])
    assert alice.client.get(path, headers=LIVE).status_code == 204
    judge(sqlite_app, project_id, "first")
    newer = alice.client.get(path, headers=LIVE)
    text = newer.get_data(as_text=True)
    assert newer.status_code == 200
    assert text.lstrip().startswith('<div id="dashboard"')
    assert "<html" not in text
    assert "<script" not in text


def test_all_projects_are_shown_together_and_lead_to_each(
    alice: PlainBrowser, sqlite_app: Flask, sqlite_cast: Cast, project_id: str
) -> None:
    other = owned_project(sqlite_app, sqlite_cast.alice, prompts=("Who?",), name="Other")
    page = alice.open("/dashboard")
    assert "Labels 0 of 4" in page.words
    assert f'href="/projects/{other}/dashboard?days=30"' in page.html
    assert "<b>Answers</b>" in page.words
    chosen = alice.open(f"/dashboard?project={project_id}&days=7")
    assert chosen.path == f"/projects/{project_id}/dashboard"
    assert chosen_period(chosen) == "7 days"


def test_the_dashboard_is_for_the_researchers_of_the_project(
    browse: Browse, sqlite_cast: Cast, project_id: str
) -> None:
    path = f"/projects/{project_id}/dashboard"
    mallory = browse(sqlite_cast.join("mallory@example.org", "researcher"))
    assert mallory.open(path).status == 404
    assert mallory.open(f"/dashboard?project={project_id}").status == 404
    assert "Answers" not in mallory.open("/dashboard").words
    assert browse(sqlite_cast.bob).open(path).status == 403
    assert browse(sqlite_cast.bob).open("/dashboard").status == 403
    assert browse(sqlite_cast.dora).open(path).status == 200
    assert browse().open(path).path == "/sign-in"


def test_looking_again_asks_little_and_writes_nothing(
    alice: PlainBrowser, sqlite_app: Flask, project_id: str
) -> None:
    judge(sqlite_app, project_id, "first")
    path = f"/projects/{project_id}/dashboard"
    alice.open(path)
    with asked_of(sqlite_app) as asked:
        alice.open(path)
    assert asked.write_transactions == 0
    assert len(asked) <= 10
    assert not any(
        "FROM signals" in statement or "JOIN signals" in statement for statement in asked.statements
    )
