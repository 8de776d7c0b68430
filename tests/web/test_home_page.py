"""The researcher's start page: how each project goes, this week against last, and nothing of others' projects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from flask import Flask
from labels import prefer
from owned_project import owned_project
from people import Cast, Person
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from queries import asked_of
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Job, ScoreRow, TaskItem
from rlflow_core.plugin_host.host import get_host
from rlflow_core.plugin_host.provenance import ensure_version
from rlflow_core.services.metrics import Forecast
from rlflow_core.services.pulses import Pulse
from rlflow_web import home_text

THURSDAY = datetime(2026, 11, 19, 12, tzinfo=UTC)
SCORERS = [{"key": "agreement", "config": {}}]
REASON = "Nothing has been rated by two annotators yet."


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


def project_of(
    cast: Cast, owner: Person, name: str, labels: int = 0, tasks: int = 4, **settings: object
) -> str:
    """A project with this many labels of just now."""
    prompts = tuple(f"Why {n}?" for n in range(tasks))
    project_id = owned_project(cast.app, owner, (cast.bob,), name=name, prompts=prompts, **settings)

    def judge(session: Session) -> None:
        items = session.scalars(select(TaskItem).where(TaskItem.project_id == project_id)).all()
        for item in items[:labels]:
            prefer(session, item, cast.bob.id, "first", created_at=datetime.now(UTC))
            item.places_left -= 1

    with cast.app.app_context():
        db.transact(judge)
    return project_id


def score(app: Flask, project_id: str, value: float | None, reason: str | None = None) -> None:
    """An alpha of the project, as a scorer would have stored it."""

    def store(session: Session) -> None:
        version = ensure_version(session, get_host().registry.get("scorer", "agreement"))
        session.add(
            ScoreRow(
                project_id=project_id,
                scorer="agreement",
                scope="project",
                subject=project_id,
                dimension="preference.choice",
                metric="alpha",
                value=value,
                reason=reason,
                details={"paired_units": 1},
                component_version_id=version,
                config_hash="0" * 64,
            )
        )

    with app.app_context():
        db.transact(store)


def pulse(*days: int) -> Pulse:
    return Pulse(days, (), 0, Forecast(None, None, None))


def test_a_new_researcher_is_told_where_numbers_will_be(alice: PlainBrowser) -> None:
    page = alice.open("/")
    assert "No projects yet" in page.words
    assert "Nobody has labeled this week or last." in page.words
    assert "<table" not in page.html


def test_a_project_without_labels_has_dashes_with_their_reasons(
    alice: PlainBrowser, sqlite_cast: Cast
) -> None:
    project_of(sqlite_cast, sqlite_cast.alice, "Fresh")
    page = alice.open("/")
    assert "no pace yet" in page.words
    assert 'title="No scorer has said yet how far annotators agree."' in page.html
    assert 'title="Nobody has labeled in the last 7 days."' in page.html
    assert "0 labels in 14 days, 0 today" in page.html


def test_labels_people_and_finish_are_shown(alice: PlainBrowser, sqlite_cast: Cast) -> None:
    project_of(sqlite_cast, sqlite_cast.alice, "Going", labels=3)
    page = alice.open("/")
    assert "3 labels in 14 days, 3 today, at most 3 on" in page.words
    assert "1 active" in page.words
    assert "at 72 labels a day" in page.words
    assert "3 so far; last week 0 by" in page.words
    assert "1 running" in page.words


def test_agreement_is_read_and_never_computed(alice: PlainBrowser, sqlite_cast: Cast) -> None:
    app = sqlite_cast.app
    known = project_of(sqlite_cast, sqlite_cast.alice, "Known", scorers=SCORERS)
    unknown = project_of(sqlite_cast, sqlite_cast.alice, "Unknown", scorers=SCORERS)
    score(app, known, 0.8461)
    score(app, unknown, None, REASON)
    with asked_of(app) as asked:
        page = alice.open("/")
    assert asked.write_transactions == 0
    assert "0.85 on 1 item" in page.words
    assert f'title="{REASON}"' in page.html
    with app.app_context():
        assert db.read.scalar(select(func.count()).select_from(Job)) == 0


def test_sums_hold_nothing_of_other_peoples_projects(
    alice: PlainBrowser, browse: Browse, sqlite_cast: Cast
) -> None:
    eve = sqlite_cast.join("eve@example.org", "researcher")
    project_of(sqlite_cast, sqlite_cast.alice, "Of Alice", labels=3)
    project_of(sqlite_cast, eve, "Of Eve", labels=1)
    theirs = browse(eve).open("/")
    assert "Of Alice" not in theirs.html
    assert "1 so far" in theirs.words
    assert "3 so far" in alice.open("/").words
    assert "4 so far" in browse(sqlite_cast.dora).open("/").words
    assert "so far" not in browse(sqlite_cast.join("new@example.org", "researcher")).open("/").words
    assert "so far" not in browse(sqlite_cast.bob).open("/").words


def test_a_project_that_hands_out_no_work_has_no_date(alice: PlainBrowser, sqlite_cast: Cast) -> None:
    project_of(sqlite_cast, sqlite_cast.alice, "Resting", labels=2, status="paused")
    page = alice.open("/")
    assert "labels a day" not in page.words
    assert 'title="It is paused, so it hands out no work."' in page.html
    project_of(sqlite_cast, sqlite_cast.alice, "Done", labels=4)
    page = alice.open("/")
    assert "finished" in page.words
    assert "1 paused, 1 finished" in page.words


def test_drafts_are_shown_on_demand(alice: PlainBrowser, sqlite_cast: Cast) -> None:
    project_of(sqlite_cast, sqlite_cast.alice, "Sketch of a project", tasks=0, status="draft")
    assert ">Sketch of a project</a>" in alice.open("/").html, (
        "where there is nothing else it is shown at once"
    )
    project_of(sqlite_cast, sqlite_cast.alice, "Running")
    page = alice.open("/")
    assert "1 running, 1 draft" in page.words
    assert ">Sketch of a project</a>" not in page.html
    assert ">Sketch of a project</a>" in alice.open("/?projects=all").html
    assert alice.open("/?projects=nonsense").status == 200


def test_a_name_cannot_break_out_of_the_chart(alice: PlainBrowser, sqlite_cast: Cast) -> None:
    project_of(sqlite_cast, sqlite_cast.alice, '"><script>x</script>', labels=1)
    assert "<script>x" not in alice.open("/").html


@pytest.mark.parametrize("labels", [0, 2])
def test_it_asks_equally_often_however_many_projects_there_are(
    alice: PlainBrowser, sqlite_cast: Cast, labels: int
) -> None:
    asked = []
    for _ in range(2):
        for number in range(3):
            made = project_of(sqlite_cast, sqlite_cast.alice, f"Project {number}", labels, scorers=SCORERS)
            score(sqlite_cast.app, made, 0.5)
        with asked_of(sqlite_cast.app) as counted:
            alice.open("/")
        assert counted.write_transactions == 0
        asked.append(len(counted))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("weekday", range(7))
def test_this_week_is_set_against_the_same_days_of_last_week(weekday: int) -> None:
    monday = THURSDAY - timedelta(days=3)
    now = monday + timedelta(days=weekday)
    one, other = ([Random(seed).randrange(900) for _ in range(14)] for seed in (1, 2))
    found = home_text.week([pulse(*one), pulse(*other)], now)
    assert found is not None
    for place, (_, last, this) in enumerate(found.days):
        ago = weekday - place
        assert last == one[13 - ago - 7] + other[13 - ago - 7]
        assert this == (one[13 - ago] + other[13 - ago] if ago >= 0 else None)
    this_week = sum(this or 0 for _, _, this in found.days)
    by_now = sum(last for _, last, _ in found.days[: weekday + 1])
    name = home_text.WEEKDAYS[weekday]
    assert found.sentence == f"{this_week:,} so far; last week {by_now:,} by {name} night"
    frame = found.drawn.frame
    for column in (*found.drawn.earlier, *found.drawn.later):
        assert 0 <= column.y <= frame.base
        assert column.y + column.height == pytest.approx(frame.base)
        assert column.x + column.width <= found.drawn.width
