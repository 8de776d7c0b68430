"""When leases end, and how work makes them longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_scene import Scene

from rlflow_core.extensions import db
from rlflow_core.models import TaskAssignment, db_later
from rlflow_core.services import queue


def test_ending_due_leases_gives_their_places_back(scene: Scene) -> None:
    items = [scene.item(wanted=2) for _ in range(2)]
    people = [scene.annotator() for _ in range(4)]
    for claimed in [scene.take(person) for person in people]:
        scene.end_lease(claimed.id)
    assert scene.project_id in db.transact(queue.projects_with_due_leases)
    assert scene.do(queue.expire_due, scene.project_id, 3) == 3
    assert scene.reap() == 1
    assert [scene.places(item) for item in items] == [(2, 2), (2, 2)]
    assert scene.reap() == 0
    assert scene.project_id not in db.transact(queue.projects_with_due_leases)


def test_other_projects_are_left_alone(scene: Scene) -> None:
    neighbour = Scene()
    neighbour.item()
    ann = neighbour.annotator()
    claimed = neighbour.take(ann)
    neighbour.end_lease(claimed.id)
    assert scene.reap() == 0
    assert neighbour.row(claimed.id).state == "leased"


def test_a_lease_that_is_not_due_stays(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    assert scene.reap() == 0
    assert scene.take(ann) == claimed


def test_expired_gold_gives_no_place_back(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    gold = scene.do(queue.insert_extra, item, ann, "gold")
    assert gold is not None
    scene.end_lease(gold.id)
    assert scene.reap() == 1
    assert scene.places(item) == (1, 1)


def test_a_sign_of_life_gives_a_full_lease_from_now(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    scene.change(TaskAssignment, claimed.id, assigned_at=db_later(-1200), lease_until=db_later(600))
    extended = scene.do(queue.extend, claimed.id, ann)
    assert extended.lease_until is not None
    assert timedelta(minutes=49) < extended.lease_until - extended.assigned_at < timedelta(minutes=51)
    assert scene.row(claimed.id).lease_until == extended.lease_until


def test_a_lease_grows_to_four_times_its_length_and_never_shrinks(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    scene.change(TaskAssignment, claimed.id, assigned_at=db_later(-110 * 60), lease_until=db_later(60))
    extended = scene.do(queue.extend, claimed.id, ann)
    assert extended.lease_until == extended.assigned_at + timedelta(minutes=120)
    scene.change(TaskAssignment, claimed.id, assigned_at=db_later(-300 * 60))
    assert scene.do(queue.extend, claimed.id, ann).lease_until == extended.lease_until


def test_an_overdue_lease_that_nobody_has_ended_can_be_extended(scene: Scene) -> None:
    scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    claimed = scene.take(ann)
    scene.end_lease(claimed.id)
    scene.do(queue.extend, claimed.id, ann)
    assert scene.claim(ben) is None


def test_an_ended_lease_and_anothers_lease_cannot_be_extended(scene: Scene) -> None:
    scene.item()
    ann, eve = scene.annotator(), scene.annotator()
    claimed = scene.take(ann)
    with pytest.raises(queue.NoSuchAssignment):
        scene.do(queue.extend, claimed.id, eve)
    scene.end_lease(claimed.id)
    scene.reap()
    with pytest.raises(queue.WrongState, match="draft is kept"):
        scene.do(queue.extend, claimed.id, ann)
