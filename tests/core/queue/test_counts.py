"""How far an annotator and a project have come."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import make_user
from flask import current_app
from queries import asked_of
from queue_scene import Scene

from rlflow_core.extensions import db
from rlflow_core.services import queue

NewScene = Callable[..., Scene]


def test_an_annotator_sees_what_is_done_and_what_remains(new_scene: NewScene) -> None:
    scene = new_scene(wanted=2)
    for _ in range(5):
        scene.item()
    scene.item(lane="law")
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ann)
    scene.do(queue.postpone, scene.take(ann).id, ann)
    scene.take(ann)
    scene.judge(ben)
    with db.reading() as session:
        assert queue.progress(session, scene.project_id, ann) == queue.Progress(
            done=1, leased=2, postponed=1, remaining=2
        )
        assert queue.progress(session, scene.project_id, ben) == queue.Progress(
            done=1, leased=0, postponed=0, remaining=4
        )


def test_what_opens_behind_the_watermark_remains_too(scene: Scene) -> None:
    first, _second = scene.item(wanted=0), scene.item()
    ann = scene.annotator()
    scene.judge(ann)
    scene.do(queue.set_wanted, first, 1)
    with db.reading() as session:
        assert queue.progress(session, scene.project_id, ann).remaining == 1


def test_no_more_is_counted_than_is_worth_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlflow_core.services.queue.counts.REMAINING_COUNTED", 2)
    for _ in range(3):
        scene.item()
    with db.reading() as session:
        assert queue.progress(session, scene.project_id, scene.annotator()).remaining == 2


def test_who_is_not_a_member_is_refused(scene: Scene) -> None:
    stranger = db.transact(make_user).id
    with db.reading() as session, pytest.raises(queue.NotAMember):
        queue.progress(session, scene.project_id, stranger)


def test_a_project_counts_items_and_votes(new_scene: NewScene) -> None:
    scene = new_scene(wanted=2, max_skips=1)
    for _ in range(3):
        scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ann)
    scene.judge(ben)
    scene.take(ann)
    scene.do(queue.skip, scene.take(ben).id, ben, "unclear")
    with db.reading() as session:
        assert queue.project_counts(session, scene.project_id) == queue.ProjectCounts(
            items=3, open_items=1, parked_items=1, wanted=5, completed_votes=2, leased_votes=1
        )


def test_an_empty_project_counts_nothing(scene: Scene) -> None:
    with db.reading() as session:
        assert queue.project_counts(session, scene.project_id) == queue.ProjectCounts(0, 0, 0, 0, 0, 0)


def test_counting_a_project_reads_no_item(scene: Scene) -> None:
    ann = scene.annotator()
    for _ in range(5):
        scene.item()
    scene.judge(ann)
    with asked_of(current_app) as asked, db.reading() as session:
        assert queue.project_counts(session, scene.project_id).completed_votes == 1
    assert len([statement for statement in asked.statements if "SELECT" in statement]) == 2
    assert not any("task_items" in statement for statement in asked.statements)
