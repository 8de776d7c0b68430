"""Repeats, gold, practice, judges and adjudications take no place."""

from __future__ import annotations

import pytest
from factories import make_user
from queue_scene import Scene

from rlflow_core.extensions import db
from rlflow_core.models import new_id
from rlflow_core.services import queue
from rlflow_core.services.queue.extras import ExtraPurpose


@pytest.mark.parametrize("purpose", ["gold", "practice", "judge", "adjudication"])
def test_an_extra_takes_no_place(scene: Scene, purpose: ExtraPurpose) -> None:
    item = scene.item()
    ann = scene.annotator()
    extra = scene.do(queue.insert_extra, item, ann, purpose)
    assert extra is not None
    assert (extra.purpose, extra.pass_no, extra.state) == (purpose, 0, "leased")
    assert len(extra.shown) == 2
    assert scene.submit(extra.id, ann).outcome == "completed"
    assert scene.places(item) == (1, 1)


def test_a_repeat_is_a_further_pass_over_the_same_item(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    scene.judge(ann)
    repeat = scene.do(queue.insert_extra, item, ann, "repeat", 1)
    assert repeat is not None
    assert scene.do(queue.insert_extra, item, ann, "repeat", 1) is None
    assert scene.submit(repeat.id, ann).outcome == "completed"
    assert scene.places(item) == (1, 0)


def test_who_has_the_item_already_gets_no_extra_of_the_same_pass(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    scene.judge(ann)
    assert scene.do(queue.insert_extra, item, ann, "gold") is None


def test_an_expired_extra_is_leased_once_more_for_the_same_purpose_only(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    gold = scene.do(queue.insert_extra, item, ann, "gold")
    assert gold is not None
    scene.end_lease(gold.id)
    scene.reap()
    assert scene.do(queue.insert_extra, item, ann, "practice") is None
    again = scene.do(queue.insert_extra, item, ann, "gold")
    assert again is not None
    assert (again.id, again.attempt, again.shown) == (gold.id, 2, gold.shown)


def test_only_repeats_have_a_pass(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    with pytest.raises(ValueError, match="pass_no"):
        scene.do(queue.insert_extra, item, ann, "gold", 1)
    with pytest.raises(ValueError, match="pass_no"):
        scene.do(queue.insert_extra, item, ann, "repeat")


def test_only_members_get_extras_and_only_of_items_that_exist(scene: Scene) -> None:
    item = scene.item()
    with pytest.raises(queue.NotAMember):
        scene.do(queue.insert_extra, item, db.transact(make_user).id, "gold")
    with pytest.raises(queue.NoSuchItem):
        scene.do(queue.insert_extra, new_id(), scene.annotator(), "gold")
