"""Completing: what counts, what counts late, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from queue_scene import Scene, submit
from sqlalchemy.orm import Session

from rlflow_core.models import new_id
from rlflow_core.services import queue

NewScene = Callable[..., Scene]


def test_a_submit_completes_the_assignment_and_keeps_the_place(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    completion = scene.submit(claimed.id, ann)
    assert completion.outcome == "completed"
    assert completion.counts
    assert completion.assignment.state == scene.row(claimed.id).state == "completed"
    assert completion.item_version == scene.stored_item(item).version == 1
    assert scene.places(item) == (1, 0)


def test_somebody_elses_assignment_is_refused(scene: Scene) -> None:
    scene.item()
    ann, eve = scene.annotator(), scene.annotator()
    claimed = scene.take(ann)
    with pytest.raises(queue.NoSuchAssignment):
        scene.submit(claimed.id, eve)
    with pytest.raises(queue.NoSuchAssignment):
        scene.submit(new_id(), ann)
    assert scene.row(claimed.id).state == "leased"


def test_an_overdue_lease_that_nobody_has_ended_is_still_a_lease(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    scene.end_lease(claimed.id)
    assert scene.submit(claimed.id, ann).outcome == "completed"


def test_a_late_submit_counts_while_a_place_is_left(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    scene.end_lease(claimed.id)
    scene.reap()
    assert scene.places(item) == (1, 1)
    completion = scene.submit(claimed.id, ann)
    assert (completion.outcome, completion.counts) == ("late", True)
    assert scene.places(item) == (1, 0)


def test_a_late_submit_is_refused_once_the_place_has_gone_to_another(scene: Scene) -> None:
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    claimed = scene.take(ann)
    scene.end_lease(claimed.id)
    scene.judge(ben)
    completion = scene.submit(claimed.id, ann)
    assert (completion.outcome, completion.counts) == ("taken", False)
    assert completion.item_version is None
    assert completion.assignment.state == scene.row(claimed.id).state == "expired"
    assert scene.places(item) == (1, 0)


def test_late_gold_needs_no_place(scene: Scene) -> None:
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ben)
    gold = scene.do(queue.insert_extra, item, ann, "gold")
    assert gold is not None
    scene.end_lease(gold.id)
    scene.reap()
    assert scene.submit(gold.id, ann).outcome == "late"
    assert scene.places(item) == (1, 0)


def test_a_second_submit_is_told_that_it_is_one(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    claimed = scene.judge(ann)
    assert scene.submit(claimed.id, ann).outcome == "already"
    assert scene.stored_item(item).version == 1


def test_skipped_and_withdrawn_work_is_not_completed(new_scene: NewScene) -> None:
    scene = new_scene(max_skips=9)
    scene.item(), scene.item()
    ann = scene.annotator()
    skipped = scene.take(ann)
    scene.do(queue.skip, skipped.id, ann, queue.SkipReason.UNCLEAR)
    judged = scene.judge(ann)
    scene.do(queue.exclude, scene.project_id, ann)
    for claimed, state in ((skipped, "skipped"), (judged, "withdrawn")):
        completion = scene.submit(claimed.id, ann)
        assert (completion.outcome, completion.assignment.state) == ("taken", state)


def test_nothing_is_kept_of_a_submit_that_fails_half_way(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)

    def fail(session: Session, assignment_id: str, annotator_id: str) -> None:
        submit(session, assignment_id, annotator_id)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scene.do(fail, claimed.id, ann)
    assert scene.row(claimed.id).state == "leased"
    assert scene.take(ann).id == claimed.id
