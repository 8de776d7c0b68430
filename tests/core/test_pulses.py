"""How it goes in a researcher's projects: only theirs, only what was made there, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from labeling_scene import Scene
from labels import prefer
from owned_project import owned_project
from people import Cast, Person
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Draft, ScoreRow, TaskAssignment, TaskItem
from rlflow_core.plugin_host.host import get_host
from rlflow_core.plugin_host.provenance import ensure_version
from rlflow_core.services import overviews
from rlflow_core.services.pulses import Pulse, pulses

SCORERS = [{"key": "agreement", "config": {}}]


def pulse_of(cast: Cast, project_id: str, person: Person | None = None, now: datetime | None = None) -> Pulse:
    """What `person` (Alice, if nobody else) sees of a project."""
    with cast.app.app_context():
        viewer = (person or cast.alice).viewer
        listed = overviews.summaries(db.read, viewer)
        return pulses(db.read, viewer, listed, "alpha", now or datetime.now(UTC))[project_id]


def judged(cast: Cast, project_id: str, annotator: Person, *moments: datetime, source: str = "api") -> None:
    """One label of a further item of the project at each of these moments."""

    def store(session: Session) -> None:
        query = select(TaskItem).where(
            TaskItem.project_id == project_id, TaskItem.places_left == TaskItem.wanted
        )
        items = session.scalars(query.order_by(TaskItem.id)).all()
        for item, moment in zip(items, moments, strict=False):
            prefer(session, item, annotator.id, "first", created_at=moment).source = source
            item.places_left -= 1

    with cast.app.app_context():
        db.transact(store)


@pytest.fixture
def project_id(cast: Cast) -> str:
    prompts = tuple(f"Why {n}?" for n in range(10))
    return owned_project(cast.app, cast.alice, (cast.bob,), prompts=prompts, scorers=SCORERS)


def test_labels_are_counted_by_their_day_in_utc_as_far_back_as_two_weeks(cast: Cast, project_id: str) -> None:
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    tick = timedelta(microseconds=1)
    first = midnight - timedelta(days=13)
    judged(cast, project_id, cast.bob, midnight, midnight - tick, first, first - tick)
    assert pulse_of(cast, project_id, now=now).days == (1, *[0] * 11, 1, 1)


def test_what_came_with_a_file_says_nothing_of_the_pace(cast: Cast, project_id: str) -> None:
    now = datetime.now(UTC)
    judged(cast, project_id, cast.bob, now, now, source="import")
    found = pulse_of(cast, project_id)
    assert (sum(found.days), found.people) == (0, 0)
    assert found.forecast.reason == "Nobody has labeled in the last 7 days."


def test_the_finish_is_that_of_the_dashboard(cast: Cast, project_id: str) -> None:
    now = datetime.now(UTC)
    judged(cast, project_id, cast.bob, now - timedelta(days=30), now - timedelta(days=1), now)
    found = pulse_of(cast, project_id, now=now)
    assert found.forecast.per_day == pytest.approx(2 / 7)
    dashboard = cast.as_(cast.alice).get(f"/api/v1/metrics/dashboard?project={project_id}").json
    assert dashboard["completion"]["forecast"]["per_day"] == pytest.approx(2 / 7)
    assert found.forecast.at == pytest.approx(now + timedelta(days=7 * 3.5), abs=timedelta(seconds=1))


def test_a_project_that_began_lately_is_measured_from_its_first_label(cast: Cast, project_id: str) -> None:
    now = datetime.now(UTC)
    judged(cast, project_id, cast.bob, now - timedelta(days=2), now - timedelta(days=1), now)
    assert pulse_of(cast, project_id, now=now).forecast.per_day == pytest.approx(1.5)


def test_whoever_took_a_task_wrote_or_submitted_in_the_last_quarter_of_an_hour_is_there(cast: Cast) -> None:
    scene = Scene(cast)
    assert pulse_of(cast, scene.project_id).people == 0
    claimed = scene.claim()
    assert pulse_of(cast, scene.project_id).people == 1
    later = datetime.now(UTC) + timedelta(minutes=16)
    assert pulse_of(cast, scene.project_id, now=later).people == 0

    def write(session: Session) -> None:
        session.add(Draft(assignment_id=claimed["id"], response={}, saved_at=later))

    with cast.app.app_context():
        db.transact(write)
    assert pulse_of(cast, scene.project_id, now=later).people == 1
    scene.submit(claimed)
    scene.claim()
    assert pulse_of(cast, scene.project_id).people == 1, "one person, however much they do"


def test_a_submit_counts_as_long_as_it_is_fresh(cast: Cast, project_id: str) -> None:
    now = datetime.now(UTC)
    judged(cast, project_id, cast.bob, now - timedelta(minutes=16))
    assert pulse_of(cast, project_id, now=now).people == 0
    judged(cast, project_id, cast.bob, now - timedelta(minutes=14))
    judged(cast, project_id, cast.charlie, now - timedelta(minutes=14))
    assert pulse_of(cast, project_id, now=now).people == 2


def test_agreement_is_what_is_stored_by_the_scorers_in_force(cast: Cast, project_id: str) -> None:
    other_id = owned_project(cast.app, cast.alice, prompts=("Why?",), scorers=[])

    def store(session: Session) -> None:
        version = ensure_version(session, get_host().registry.get("scorer", "agreement"))
        for about, metric, value in (
            (project_id, "alpha", 0.8),
            (project_id, "kappa", 0.7),
            (other_id, "alpha", 0.6),
        ):
            session.add(
                ScoreRow(
                    project_id=about,
                    scorer="agreement",
                    scope="project",
                    subject=about,
                    dimension="d",
                    metric=metric,
                    value=value,
                    details={},
                    component_version_id=version,
                    config_hash="0" * 64,
                )
            )

    assert pulse_of(cast, project_id).scores == ()
    with cast.app.app_context():
        db.transact(store)
    assert [score.value for score in pulse_of(cast, project_id).scores] == [0.8]
    assert pulse_of(cast, other_id).scores == (), "no scorer of the settings in force gave it"


def test_nobody_sees_anything_of_other_peoples_projects(cast: Cast, project_id: str) -> None:
    eve = cast.join("eve@example.org", "researcher")
    theirs = owned_project(cast.app, eve, (cast.bob,), prompts=("Why?", "How?"))
    now = datetime.now(UTC)
    judged(cast, project_id, cast.bob, now, now, now)
    judged(cast, theirs, cast.bob, now)
    with cast.app.app_context():
        viewer = eve.viewer
        found = pulses(db.read, viewer, overviews.summaries(db.read, viewer), "alpha", now)
    assert {one: pulse.days[-1] for one, pulse in found.items()} == {theirs: 1}
    assert pulse_of(cast, theirs, cast.dora, now).days[-1] == 1
    assert pulse_of(cast, project_id, cast.dora, now).days[-1] == 3


def test_a_withdrawn_label_does_not_count(cast: Cast) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    assert pulse_of(cast, scene.project_id).days[-1] == 1
    undone = scene.bob.post(f"/api/v1/annotator/projects/{scene.project_id}/undo")
    assert undone.status_code == 200
    assert pulse_of(cast, scene.project_id).days[-1] == 0


def test_what_is_missing_is_told_alike_by_list_and_dashboard(cast: Cast) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    scene.claim()

    def park(session: Session) -> None:
        leased = select(TaskAssignment.item_id).where(TaskAssignment.state == "leased")
        session.execute(update(TaskItem).where(TaskItem.id.in_(leased)).values(parked_at=datetime.now(UTC)))

    with cast.app.app_context():
        db.transact(park)
        summary = overviews.summaries(db.read, cast.alice.viewer)[0]
    completion = (
        cast.as_(cast.alice).get(f"/api/v1/metrics/dashboard?project={scene.project_id}").json["completion"]
    )
    assert summary.missing == completion["missing"]
