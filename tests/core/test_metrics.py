"""Quality and dashboard are shown to the researchers of a project and to nobody else, and their numbers are right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest
from factories import make_member
from labeling_scene import Scene
from labels import make_vote, prefer
from owned_project import owned_project
from people import Cast
from queries import asked_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Project, TaskItem, new_id
from rlflow_core.plugin_api import Signal


def test_the_quality_of_a_project_is_shown_to_its_researchers_only(cast: Cast) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    path = f"/api/v1/metrics/quality?project={scene.project_id}"
    found = scene.alice.get(path)
    assert found.status_code == 200
    assert (found.json["tasks"], found.json["votes"], found.json["is_scoring"]) == (2, 1, True)
    assert [label["count"] for label in found.json["labels"]] == [1]
    assert "@" not in str(found.json["annotators"])
    assert scene.bob.get(path).status_code == 403
    assert cast.as_(cast.join("eve@example.org", "researcher")).get(path).status_code == 404
    assert scene.alice.get(f"/api/v1/metrics/quality?project={new_id()}").status_code == 404


def test_the_quality_of_no_named_project_is_that_of_the_newest_vote(cast: Cast) -> None:
    scene = Scene(cast)
    path = "/api/v1/metrics/quality"
    assert scene.alice.get(path).json["errors"]["query"] == {
        "project": ["Name a project: none of yours has votes yet."]
    }
    scene.submit(scene.claim())
    assert scene.alice.get(path).json == scene.alice.get(f"{path}?project={scene.project_id}").json
    assert cast.as_(cast.join("eve@example.org", "researcher")).get(path).status_code == 422


def test_the_dashboard_is_shown_to_the_researchers_of_a_project_only(cast: Cast) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    path = f"/api/v1/metrics/dashboard?project={scene.project_id}"
    found = scene.alice.get(path)
    assert (found.status_code, found.json["project"]) == (200, scene.project_id)
    assert [one["labels"] for one in found.json["annotators"]] == [1]
    assert "@" not in found.text
    eve = cast.as_(cast.join("eve@example.org", "researcher"))
    assert scene.bob.get(path).status_code == 403
    assert scene.charlie.get("/api/v1/metrics/dashboard").status_code == 403
    assert eve.get(path).status_code == 404
    assert cast.anonymous().get(path).status_code == 401
    assert cast.as_(cast.dora).get(path).status_code == 200
    assert scene.alice.get(f"/api/v1/metrics/dashboard?project={new_id()}").status_code == 404


def test_without_a_project_the_dashboard_is_of_all_that_the_caller_may_manage(cast: Cast) -> None:
    one, other = Scene(cast), Scene(cast, name="Other")
    one.submit(one.claim())
    other.submit(other.claim())
    found = one.alice.get("/api/v1/metrics/dashboard").json
    assert [project["id"] for project in found["projects"]] == [other.project_id, one.project_id]
    assert (found["completion"]["items"], found["completion"]["labels"], found["throughput"]["labels"]) == (
        4,
        2,
        2,
    )
    assert {row["project"] for row in found["annotators"]} == {one.project_id, other.project_id}
    assert {row["project"] for row in found["distributions"]} == {one.project_id, other.project_id}
    eve = cast.as_(cast.join("eve@example.org", "researcher")).get("/api/v1/metrics/dashboard").json
    assert (eve["projects"], eve["completion"]["items"], eve["annotators"]) == ([], 0, [])
    assert eve["completion"]["forecast"]["reason"] == "There is nothing to judge yet."


def test_a_period_is_told_in_one_way_and_in_order(cast: Cast) -> None:
    alice = cast.as_(cast.alice)
    for query in (
        "days=0",
        "days=7&since=2026-01-01T00:00:00Z",
        "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
        "since=yesterday",
        "bucket=week",
        "bucket=hour&since=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z",
        "period=7",
    ):
        answer = alice.get(f"/api/v1/metrics/dashboard?{query}")
        assert (query, answer.status_code) == (query, 422)
        assert answer.json["errors"]


def test_empty_hours_and_days_are_listed_as_empty(cast: Cast) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    days = scene.alice.get(f"/api/v1/metrics/dashboard?project={scene.project_id}&days=7").json["throughput"]
    assert (days["bucket"], [point["labels"] for point in days["points"]]) == ("day", [0] * 6 + [1])
    hours = scene.alice.get(f"/api/v1/metrics/dashboard?project={scene.project_id}&days=2&bucket=hour").json
    labels = [point["labels"] for point in hours["throughput"]["points"]]
    assert 25 <= len(labels) <= 48
    assert labels == [0] * (len(labels) - 1) + [1]


def test_what_is_to_come_is_forecast_from_the_labels_made_here(cast: Cast) -> None:
    scene = Scene(cast)
    scene.submit(scene.claim())
    completion = scene.alice.get(f"/api/v1/metrics/dashboard?project={scene.project_id}").json["completion"]
    assert (completion["missing"], completion["forecast"]["reason"]) == (3, None)
    # The one label was made within the last hour, which is the shortest time that says anything.
    assert completion["forecast"]["per_day"] == 24
    wait = datetime.fromisoformat(completion["forecast"]["at"]) - datetime.now(UTC)
    assert timedelta(hours=2, minutes=58) < wait < timedelta(hours=3)


def test_the_number_of_queries_does_not_grow_with_what_there_is(cast: Cast) -> None:
    def asked(tasks: int, annotators: int) -> int:
        project_id = owned_project(cast.app, cast.alice, prompts=tuple(f"Why {n}?" for n in range(tasks)))
        with cast.app.app_context():
            db.transact(fill, project_id, annotators)
        with asked_of(cast.app) as asked:
            assert (
                cast.as_(cast.alice).get(f"/api/v1/metrics/dashboard?project={project_id}").status_code == 200
            )
        return len(asked)

    def fill(session: Session, project_id: str, annotators: int) -> None:
        project = session.get_one(Project, project_id)
        items = session.scalars(select(TaskItem).where(TaskItem.project_id == project_id)).all()
        for _ in range(annotators):
            member = make_member(session, project)
            for item in items:
                prefer(session, item, member, "first")

    few, many = asked(2, 1), asked(20, 5)
    assert few == many
    assert few <= 30


def test_amounts_fall_into_the_bins_that_numpy_finds(cast: Cast) -> None:
    values = {
        "whole": [Random(n).randint(-3, 8) for n in range(60)],
        "broken": [round(Random(n).gauss(40, 25), 3) for n in range(60)],
        "same": [2.5] * 60,
        "huge": [1e300, -1e300, *(float(n) for n in range(58))],
    }
    project_id = owned_project(cast.app, cast.alice, prompts=tuple(f"Why {n}?" for n in range(60)))

    def fill(session: Session) -> None:
        member = make_member(session, session.get_one(Project, project_id))
        items = session.scalars(select(TaskItem).where(TaskItem.project_id == project_id)).all()
        for number, item in enumerate(items):
            signals = [Signal(name, "scalar", value=float(given[number])) for name, given in values.items()]
            make_vote(session, item, member, {"grades": signals})

    with cast.app.app_context():
        db.transact(fill)
    answer = cast.as_(cast.alice).get(f"/api/v1/metrics/dashboard?project={project_id}").json
    found = {one["dimension"]: one for one in answer["distributions"]}
    for name, given in values.items():
        sound = np.array([value for value in given if abs(value) < 1e100], dtype=float)
        one, bins = found[name], found[name]["bins"]
        counts, _ = np.histogram(sound, [bins[0]["low"], *(each["high"] for each in bins)])
        assert [each["count"] for each in bins] == counts.tolist(), name
        assert sum(counts) == one["count"] == len(sound), name
        assert (one["low"], one["high"]) == (sound.min(), sound.max())
        assert (one["mean"], one["deviation"]) == (pytest.approx(sound.mean()), pytest.approx(sound.std()))
        assert len(bins) <= 21
