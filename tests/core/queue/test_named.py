"""Assigning an item to a named person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from factories import make_user
from queue_scene import Scene

from rlflow_core.extensions import db
from rlflow_core.models import new_id
from rlflow_core.services import queue

NewScene = Callable[..., Scene]


def test_a_named_person_gets_a_place_and_their_own_time(scene: Scene) -> None:
    _first, second = scene.item(), scene.item()
    ann = scene.annotator()
    named = scene.do(queue.assign_to, second, ann, 3 * 24 * 60)
    assert named.lease_until == named.assigned_at + timedelta(days=3)
    assert scene.places(second) == (1, 0)
    assert scene.take(ann) == named


def test_where_no_place_is_left_one_more_judgement_is_wanted(scene: Scene) -> None:
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ann)
    named = scene.do(queue.assign_to, item, ben, 60)
    assert scene.places(item) == (2, 0)
    assert scene.submit(named.id, ben).outcome == "completed"


def test_named_work_comes_after_what_is_being_worked_on(scene: Scene) -> None:
    _first, second = scene.item(), scene.item()
    ann = scene.annotator()
    current = scene.take(ann)
    scene.do(queue.assign_to, second, ann, 60)
    assert scene.take(ann) == current
    scene.submit(current.id, ann)
    assert scene.take(ann).item_id == second


def test_who_skipped_or_let_it_expire_can_be_named(new_scene: NewScene) -> None:
    scene = new_scene(max_skips=9)
    skipped, expired = scene.item(), scene.item()
    ann = scene.annotator()
    scene.do(queue.skip, scene.take(ann).id, ann, "unclear")
    scene.end_lease(scene.take(ann).id)
    scene.reap()
    for item in (skipped, expired):
        assert scene.do(queue.assign_to, item, ann, 60).attempt == 2
        assert scene.places(item)[1] == 0
    assert scene.row(scene.take(ann).id).skip_reason is None


def test_who_has_the_item_or_has_judged_it_is_not_named_again(scene: Scene) -> None:
    first, second = scene.item(), scene.item()
    ann = scene.annotator()
    scene.judge(ann)
    scene.take(ann)
    with pytest.raises(queue.WrongState, match="judged"):
        scene.do(queue.assign_to, first, ann, 60)
    with pytest.raises(queue.WrongState, match="working"):
        scene.do(queue.assign_to, second, ann, 60)


def test_who_was_excluded_is_not_asked_again(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    scene.judge(ann)
    scene.do(queue.exclude, scene.project_id, ann)
    with pytest.raises(queue.WrongState, match="withdrawn"):
        scene.do(queue.assign_to, item, ann, 60)


def test_gold_is_not_turned_into_a_vote(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    scene.do(queue.insert_extra, item, ann, "gold")
    with pytest.raises(queue.WrongState, match="another purpose"):
        scene.do(queue.assign_to, item, ann, 60)
    assert scene.places(item) == (1, 1)


def test_only_members_can_be_named_and_only_for_items_that_exist(scene: Scene) -> None:
    item = scene.item()
    with pytest.raises(queue.NotAMember):
        scene.do(queue.assign_to, item, db.transact(make_user).id, 60)
    with pytest.raises(queue.NoSuchItem):
        scene.do(queue.assign_to, new_id(), scene.annotator(), 60)
