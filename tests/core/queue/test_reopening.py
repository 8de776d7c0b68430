"""Undo by the annotator, and return by a researcher."""

from __future__ import annotations

from datetime import timedelta

import pytest
from queue_scene import Scene
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Feedback, TaskAssignment, db_later
from rlflow_core.services import queue


def test_undo_gives_the_last_submit_back_and_keeps_the_place(scene: Scene) -> None:
    _first, second = scene.item(), scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ann)
    last = scene.judge(ann)
    undone = scene.do(queue.undo, ann, scene.project_id)
    assert (undone.id, undone.item_id, undone.state) == (last.id, second, "leased")
    assert db.transact(_feedback, last.id).state == "withdrawn"
    assert scene.places(second) == (1, 0)
    assert scene.stored_item(second).version == 2
    assert scene.take(ann).id == last.id
    assert scene.claim(ben) is None


def test_what_was_undone_can_be_submitted_again(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    claimed = scene.judge(ann)
    scene.do(queue.undo, ann, scene.project_id)
    assert scene.submit(claimed.id, ann).item_version == 3
    feedback = db.transact(_feedback, claimed.id)
    assert (feedback.state, feedback.revision) == ("standing", 2)
    assert scene.places(item) == (1, 0)


def test_what_was_undone_and_let_go_opens_its_place(scene: Scene) -> None:
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    claimed = scene.judge(ann)
    scene.do(queue.undo, ann, scene.project_id)
    scene.end_lease(claimed.id)
    assert scene.take(ben).item_id == item
    assert db.transact(_feedback, claimed.id).state == "withdrawn"


def test_after_ten_minutes_nothing_is_undone(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.judge(ann)
    scene.change(TaskAssignment, claimed.id, completed_at=db_later(-601))
    with pytest.raises(queue.NothingToUndo, match="10 minutes"):
        scene.do(queue.undo, ann, scene.project_id)
    assert scene.row(claimed.id).state == "completed"


def test_who_has_submitted_nothing_here_has_nothing_to_undo(scene: Scene) -> None:
    scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ann)
    with pytest.raises(queue.NothingToUndo):
        scene.do(queue.undo, ben, scene.project_id)
    with pytest.raises(queue.NothingToUndo):
        scene.do(queue.undo, ann, Scene().project_id)


def test_what_a_researcher_had_returned_stays_as_submitted(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.judge(ann)
    scene.do(queue.return_to_annotator, claimed.id, "See guideline 3.", 60)
    scene.submit(claimed.id, ann)
    with pytest.raises(queue.NothingToUndo, match="returned"):
        scene.do(queue.undo, ann, scene.project_id)


def test_practice_is_not_undone(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    practice = scene.do(queue.insert_extra, item, ann, "practice")
    assert practice is not None
    scene.submit(practice.id, ann)
    with pytest.raises(queue.NothingToUndo, match="Practice"):
        scene.do(queue.undo, ann, scene.project_id)


def test_returned_work_waits_beside_the_current_one_until_it_is_resumed(scene: Scene) -> None:
    first, second = scene.item(), scene.item()
    ann = scene.annotator()
    claimed = scene.judge(ann)
    current = scene.take(ann)
    returned = scene.do(queue.return_to_annotator, claimed.id, "See guideline 3.", 24 * 60)
    assert (returned.state, returned.returned, returned.note) == ("leased", True, "See guideline 3.")
    assert db.transact(_feedback, claimed.id).state == "withdrawn"
    assert scene.places(first) == (1, 0)
    assert scene.stored_item(first).version == 2
    assert scene.take(ann) == current
    assert current.item_id == second
    resumed = scene.do(queue.resume, claimed.id, ann)
    assert resumed.lease_until == returned.lease_until, "the longer time is kept"
    assert scene.take(ann).id == claimed.id
    assert scene.submit(claimed.id, ann).outcome == "completed"


def test_only_submitted_work_can_be_returned(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    with pytest.raises(queue.WrongState, match="submitted"):
        scene.do(queue.return_to_annotator, claimed.id, "Why?", 60)
    with pytest.raises(queue.NoSuchAssignment):
        scene.do(queue.return_to_annotator, scene.project_id, "Why?", 60)


def test_a_returned_lease_lasts_as_long_as_the_researcher_says(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    claimed = scene.judge(ann)
    returned = scene.do(queue.return_to_annotator, claimed.id, "Look again.", 5)
    assert returned.lease_until is not None
    assert returned.postponed_at is not None
    assert returned.lease_until - returned.postponed_at == timedelta(minutes=5)


def _feedback(session: Session, assignment_id: str) -> Feedback:
    return session.scalars(select(Feedback).where(Feedback.assignment_id == assignment_id)).one()
