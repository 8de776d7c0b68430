"""Putting work aside and taking it up again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_scene import Scene

from rlflow_core.services import queue


def test_a_postponed_assignment_keeps_its_place_and_makes_room_for_another(scene: Scene) -> None:
    first, second = scene.item(), scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    claimed = scene.take(ann)
    postponed = scene.do(queue.postpone, claimed.id, ann)
    assert postponed.postponed_at is not None
    assert postponed.lease_until == postponed.postponed_at + timedelta(hours=24)
    assert scene.places(first) == (1, 0)
    assert scene.take(ann).item_id == second
    assert scene.claim(ben) is None


def test_postponing_twice_does_not_make_it_longer(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    postponed = scene.do(queue.postpone, scene.take(ann).id, ann)
    assert scene.do(queue.postpone, postponed.id, ann) == postponed


def test_a_resumed_assignment_is_handed_out_again_with_a_full_lease(scene: Scene) -> None:
    scene.item(), scene.item()
    ann = scene.annotator()
    postponed = scene.do(queue.postpone, scene.take(ann).id, ann)
    scene.take(ann)
    resumed = scene.do(queue.resume, postponed.id, ann)
    assert resumed.postponed_at is None
    assert resumed.lease_until is not None
    assert resumed.lease_until - resumed.assigned_at < timedelta(minutes=31)
    assert scene.take(ann) == resumed
    assert scene.do(queue.resume, resumed.id, ann) == resumed


def test_a_postponed_assignment_can_be_submitted_as_it_is(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    postponed = scene.do(queue.postpone, scene.take(ann).id, ann)
    assert scene.submit(postponed.id, ann).outcome == "completed"
    assert scene.row(postponed.id).postponed_at is None


def test_a_postponed_assignment_ends_after_its_day(scene: Scene) -> None:
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    postponed = scene.do(queue.postpone, scene.take(ann).id, ann)
    scene.end_lease(postponed.id)
    assert scene.take(ben).item_id == item
    with pytest.raises(queue.WrongState, match="no longer reserved"):
        scene.do(queue.resume, postponed.id, ann)


def test_others_can_neither_postpone_nor_resume_it(scene: Scene) -> None:
    scene.item()
    ann, eve = scene.annotator(), scene.annotator()
    claimed = scene.take(ann)
    with pytest.raises(queue.NoSuchAssignment):
        scene.do(queue.postpone, claimed.id, eve)
    with pytest.raises(queue.NoSuchAssignment):
        scene.do(queue.resume, claimed.id, eve)


def test_what_is_not_leased_cannot_be_postponed(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    with pytest.raises(queue.WrongState):
        scene.do(queue.postpone, scene.judge(ann).id, ann)
