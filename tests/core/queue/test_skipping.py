"""Skipping, and when an item is set aside for a researcher."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import make_member, make_user
from queue_scene import Scene

from rlflow_core.extensions import db
from rlflow_core.models import User, db_now
from rlflow_core.services import queue

NewScene = Callable[..., Scene]


def test_a_skip_gives_the_place_to_another_and_is_remembered(new_scene: NewScene) -> None:
    scene = new_scene(max_skips=9)
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    claimed = scene.take(ann)
    skipped = scene.do(queue.skip, claimed.id, ann, "broken_task", "The prompt ends in the middle.")
    assert skipped == queue.Skipped(claimed.id, item, parked=False)
    row = scene.row(claimed.id)
    assert (row.state, row.skip_reason, row.note) == (
        "skipped",
        "broken_task",
        "The prompt ends in the middle.",
    )
    assert scene.claim(ann) is None
    assert scene.take(ben).item_id == item


def test_an_unknown_reason_is_refused(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    with pytest.raises(ValueError, match="bored"):
        scene.do(queue.skip, claimed.id, ann, "bored")
    assert scene.row(claimed.id).state == "leased"


def test_only_ones_own_lease_can_be_skipped(scene: Scene) -> None:
    scene.item()
    ann, eve = scene.annotator(), scene.annotator()
    claimed = scene.take(ann)
    with pytest.raises(queue.NoSuchAssignment):
        scene.do(queue.skip, claimed.id, eve, "other")
    scene.submit(claimed.id, ann)
    with pytest.raises(queue.WrongState) as refusal:
        scene.do(queue.skip, claimed.id, ann, "other")
    assert refusal.value.state == "completed"


def test_an_expired_assignment_cannot_be_skipped(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    scene.end_lease(claimed.id)
    scene.reap()
    with pytest.raises(queue.WrongState, match="no longer reserved"):
        scene.do(queue.skip, claimed.id, ann, "other")
    assert scene.places(item) == (1, 1)


def test_an_item_is_parked_after_so_many_skips(new_scene: NewScene) -> None:
    scene = new_scene(wanted=3, max_skips=2)
    item = scene.item()
    people = [scene.annotator() for _ in range(4)]
    scene.judge(people[0])
    parked = [scene.do(queue.skip, scene.take(person).id, person, "unclear").parked for person in people[1:3]]
    assert parked == [False, True]
    assert scene.places(item) == (1, 0)
    assert scene.stored_item(item).parked_at is not None
    assert scene.claim(people[3]) is None


def test_an_item_is_parked_when_nobody_is_left_who_could_judge_it(new_scene: NewScene) -> None:
    scene = new_scene(wanted=3, max_skips=9)
    item = scene.item()
    ann, ben, cleo = scene.annotator(), scene.annotator(), scene.annotator()
    scene.annotator(lanes=["elsewhere"])
    db.transact(make_member, scene.project, db.transact(make_user, role="researcher"), role="researcher")
    gone = scene.annotator()
    scene.change(User, gone, disabled_at=db_now())
    scene.judge(ann)
    held = scene.take(ben)
    assert not scene.do(queue.skip, scene.take(cleo).id, cleo, "unclear").parked, "Ben is still at it"
    assert scene.do(queue.skip, held.id, ben, "unclear").parked
    assert scene.places(item) == (1, 0)


def test_raising_wanted_takes_a_parked_item_back_into_the_queue(new_scene: NewScene) -> None:
    scene = new_scene(max_skips=1)
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    assert scene.do(queue.skip, scene.take(ann).id, ann, "unclear").parked
    scene.do(queue.set_wanted, item, 1)
    assert scene.stored_item(item).parked_at is None
    assert scene.take(ben).item_id == item


def test_an_item_without_open_places_is_not_parked(new_scene: NewScene) -> None:
    scene = new_scene(wanted=2, max_skips=1)
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    held = scene.take(ann)
    scene.judge(ben)
    scene.do(queue.set_wanted, item, 1)
    assert not scene.do(queue.skip, held.id, ann, "unclear").parked
    assert scene.places(item) == (1, 0)


def test_skipping_gold_gives_no_place_back_and_parks_nothing(new_scene: NewScene) -> None:
    scene = new_scene(max_skips=1)
    item = scene.item()
    ann = scene.annotator()
    gold = scene.do(queue.insert_extra, item, ann, "gold")
    assert gold is not None
    assert not scene.do(queue.skip, gold.id, ann, "offensive").parked
    assert scene.places(item) == (1, 1)
