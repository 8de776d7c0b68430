"""Who leaves a project gives back what they hold and gets nothing more; what they judged stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from queue_scene import Scene
from sqlalchemy import update
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import ProjectMember
from rlflow_core.services import queue


def leave(session: Session, scene: Scene, annotator: str) -> int:
    ended = queue.end_leases(session, scene.project_id, annotator)
    mine = update(ProjectMember).where(ProjectMember.user_id == annotator)
    session.execute(mine.values(left_at=datetime.now(UTC)))
    return ended


def test_the_place_goes_to_others_and_the_judgement_stays(scene: Scene) -> None:
    judged, held = scene.item(), scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.judge(ann)
    claimed = scene.take(ann)
    assert scene.do(leave, scene, ann) == 1
    assert scene.row(claimed.id).state == "expired"
    assert (scene.places(judged), scene.places(held)) == ((1, 0), (1, 1))
    assert scene.take(ben).item_id == held


def test_extras_end_without_giving_a_place(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    assert scene.do(queue.insert_extra, item, ann, "gold") is not None
    assert scene.do(leave, scene, ann) == 1
    assert scene.places(item) == (1, 1)


def test_who_left_gets_nothing_and_undoes_nothing(scene: Scene) -> None:
    scene.item()
    scene.item()
    ann = scene.annotator()
    claimed = scene.judge(ann)
    scene.do(leave, scene, ann)
    with pytest.raises(queue.NotAMember):
        scene.claim(ann)
    with pytest.raises(queue.NotAMember):
        scene.do(queue.undo, ann, scene.project_id)
    with pytest.raises(queue.WrongState, match="left the project"):
        scene.do(queue.return_to_annotator, claimed.id, "Look again.", 60)
    with db.reading() as session, pytest.raises(queue.NotAMember):
        queue.why_empty(session, scene.project_id, ann)


def test_an_answer_after_leaving_does_not_count_even_where_a_place_is_left(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    claimed = scene.take(ann)
    scene.do(leave, scene, ann)
    assert scene.submit(claimed.id, ann).outcome == "taken"
    assert scene.places(item) == (1, 1)


def test_who_left_is_not_waited_for_before_an_item_is_parked(scene: Scene) -> None:
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    scene.do(leave, scene, ben)
    claimed = scene.take(ann)
    assert scene.do(queue.skip, claimed.id, ann, queue.SkipReason.UNCLEAR).parked
    assert scene.stored_item(item).parked_at is not None
