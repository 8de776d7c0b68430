"""The reasons that an empty queue gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import make_user
from queue_scene import Scene

from rlflow_core.extensions import db
from rlflow_core.models import Project, Task
from rlflow_core.services import queue
from rlflow_core.services.queue import EmptyBecause

NewScene = Callable[..., Scene]


def _why(scene: Scene, annotator_id: str) -> queue.Reason:
    assert scene.claim(annotator_id) is None
    with db.reading() as session:
        return queue.why_empty(session, scene.project_id, annotator_id)


def test_the_project_is_paused(scene: Scene) -> None:
    scene.item()
    ann = scene.annotator()
    scene.change(Project, scene.project_id, status="paused")
    reason = _why(scene, ann)
    assert (reason.code, reason.sentence) == (
        EmptyBecause.PROJECT_NOT_OPEN,
        "This project is paused, so it hands out no work.",
    )


def test_nothing_is_imported(scene: Scene) -> None:
    assert _why(scene, scene.annotator()).code == EmptyBecause.NOTHING_IMPORTED


def test_the_annotator_has_judged_everything_open_to_them(new_scene: NewScene) -> None:
    scene = new_scene(wanted=2)
    scene.item(), scene.item()
    ann = scene.annotator()
    scene.judge(ann), scene.judge(ann)
    reason = _why(scene, ann)
    assert (reason.code, reason.number) == (EmptyBecause.ALL_JUDGED, 2)


def test_others_have_reserved_what_is_left(scene: Scene) -> None:
    scene.item(), scene.item()
    ann, ben, cleo = scene.annotator(), scene.annotator(), scene.annotator()
    first, second = scene.take(ann), scene.take(ben)
    reason = _why(scene, cleo)
    assert (reason.code, reason.number) == (EmptyBecause.RESERVED, 2)
    assert first.lease_until is not None
    assert second.lease_until is not None
    assert reason.next_at == min(first.lease_until, second.lease_until)
    assert f"{reason.next_at:%H:%M} UTC" in reason.sentence


def test_what_is_left_is_in_other_lanes(scene: Scene) -> None:
    scene.item(lane="law")
    assert _why(scene, scene.annotator()).code == EmptyBecause.OTHER_LANES


def test_the_tasks_that_are_left_are_not_open(scene: Scene) -> None:
    item = scene.item()
    scene.change(Task, scene.stored_item(item).task_id, status="draft")
    assert _why(scene, scene.annotator()).code == EmptyBecause.TASKS_NOT_OPEN


def test_what_is_left_is_parked(new_scene: NewScene) -> None:
    scene = new_scene(max_skips=1)
    scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.do(queue.skip, scene.take(ann).id, ann, "unclear")
    reason = _why(scene, ben)
    assert (reason.code, reason.number) == (EmptyBecause.PARKED, 1)


def test_everything_has_enough_judgements(scene: Scene) -> None:
    scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ann)
    assert _why(scene, ann).code == EmptyBecause.COMPLETE
    assert _why(scene, ben).code == EmptyBecause.COMPLETE


def test_there_is_work_again(scene: Scene) -> None:
    ann = scene.annotator()
    scene.item()
    with db.reading() as session:
        assert queue.why_empty(session, scene.project_id, ann).code == EmptyBecause.READY


def test_who_is_not_a_member_is_refused(scene: Scene) -> None:
    stranger = db.transact(make_user).id
    with db.reading() as session, pytest.raises(queue.NotAMember):
        queue.why_empty(session, scene.project_id, stranger)
