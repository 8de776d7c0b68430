"""Excluding an annotator from a project."""

from __future__ import annotations

from collections.abc import Callable

from queue_scene import Scene
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Feedback
from rlflow_core.services import queue

NewScene = Callable[..., Scene]


def test_all_work_of_the_excluded_is_withdrawn_and_its_places_open(new_scene: NewScene) -> None:
    scene = new_scene(wanted=2)
    first, second, third = scene.item(), scene.item(), scene.item()
    eve, ann = scene.annotator(), scene.annotator()
    scene.judge(ann)
    for _ in range(2):
        scene.judge(eve)
    scene.take(eve)
    repeat = scene.do(queue.insert_extra, first, eve, "repeat", 1)
    assert repeat is not None
    scene.submit(repeat.id, eve)
    assert scene.do(queue.exclude, scene.project_id, eve) == queue.Exclusion(withdrawn=3, expired=1)
    assert [scene.places(item) for item in (first, second, third)] == [(2, 1), (2, 2), (2, 2)]
    assert db.transact(_standing, eve) == 0
    assert db.transact(_standing, ann) == 1
    assert scene.stored_item(first).version > 2


def test_the_excluded_is_not_offered_the_same_items_again(scene: Scene) -> None:
    item = scene.item()
    eve, ann = scene.annotator(), scene.annotator()
    scene.judge(eve)
    scene.do(queue.exclude, scene.project_id, eve)
    assert scene.claim(eve) is None
    assert scene.take(ann).item_id == item


def test_work_in_other_projects_and_of_others_still_counts(scene: Scene) -> None:
    scene.item(), scene.item()
    eve, ann = scene.annotator(), scene.annotator()
    judged = scene.judge(ann)
    neighbour = Scene()
    assert neighbour.do(queue.exclude, neighbour.project_id, ann) == queue.Exclusion(0, 0)
    assert scene.do(queue.exclude, scene.project_id, eve) == queue.Exclusion(0, 0)
    assert scene.row(judged.id).state == "completed"


def _standing(session: Session, annotator_id: str) -> int:
    theirs = select(Feedback.id).where(Feedback.annotator_id == annotator_id, Feedback.state == "standing")
    return len(session.scalars(theirs).all())
