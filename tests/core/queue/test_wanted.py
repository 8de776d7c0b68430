"""Asking for more or fewer judgements of an item."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from queue_scene import Scene

from rlflow_core.models import new_id
from rlflow_core.services import queue

NewScene = Callable[..., Scene]


def test_raising_wanted_queues_the_item_for_others(scene: Scene) -> None:
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ann)
    scene.do(queue.set_wanted, item, 2)
    assert scene.places(item) == (2, 1)
    assert scene.claim(ann) is None
    assert scene.take(ben).item_id == item


def test_lowering_wanted_interrupts_nobody(new_scene: NewScene) -> None:
    scene = new_scene(wanted=3)
    item = scene.item()
    ann, ben, cleo = scene.annotator(), scene.annotator(), scene.annotator()
    claimed = [scene.take(ann), scene.take(ben), scene.take(cleo)]
    scene.do(queue.set_wanted, item, 1)
    assert scene.places(item) == (1, -2)
    assert scene.submit(claimed[0].id, ann).outcome == "completed"
    scene.end_lease(claimed[1].id)
    scene.end_lease(claimed[2].id)
    assert scene.reap() == 2
    assert scene.places(item) == (1, 0)
    assert scene.submit(claimed[1].id, ben).outcome == "taken"


def test_wanted_below_nothing_is_refused(scene: Scene) -> None:
    item = scene.item()
    with pytest.raises(ValueError, match="0 or more"):
        scene.do(queue.set_wanted, item, -1)
    with pytest.raises(queue.NoSuchItem):
        scene.do(queue.set_wanted, new_id(), 1)
    assert scene.places(item) == (1, 1)


def test_an_item_stopped_early_hands_out_no_more_and_keeps_what_is_at_work(new_scene: NewScene) -> None:
    scene = new_scene(wanted=5)
    item = scene.item()
    ann, ben, cleo = scene.annotator(), scene.annotator(), scene.annotator()
    scene.judge(ann)
    held = scene.take(ben)
    assert scene.do(queue.stop_early, item)
    assert scene.places(item) == (2, 0)
    assert scene.claim(cleo) is None
    assert scene.submit(held.id, ben).outcome == "completed"
    assert not scene.do(queue.stop_early, item)
