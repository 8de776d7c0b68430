"""What the queue hands out, to whom, and in which order."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from factories import make_user
from queue_scene import Scene
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import (
    ComponentSet,
    Project,
    ProjectMember,
    ProjectRevision,
    Task,
    TaskItem,
    db_later,
    new_id,
)
from rlflow_core.services import queue

NewScene = Callable[..., Scene]


def test_items_are_handed_out_by_rank(scene: Scene) -> None:
    late, early = scene.item(rank=2.0), scene.item(rank=-1.5)
    ann = scene.annotator()
    assert [scene.judge(ann).item_id, scene.judge(ann).item_id] == [early, late]
    assert scene.claim(ann) is None


def test_asking_again_gives_the_same_assignment(scene: Scene) -> None:
    scene.item(), scene.item()
    ann = scene.annotator()
    assert scene.take(ann) == scene.take(ann)


def test_an_item_goes_to_as_many_people_as_are_wanted(new_scene: NewScene) -> None:
    scene = new_scene(wanted=2)
    item = scene.item()
    ann, ben, cleo = scene.annotator(), scene.annotator(), scene.annotator()
    assert scene.take(ann).item_id == scene.take(ben).item_id == item
    assert scene.claim(cleo) is None


def test_nobody_is_asked_twice_about_an_item(new_scene: NewScene) -> None:
    scene = new_scene(wanted=3)
    scene.item()
    ann = scene.annotator()
    scene.judge(ann)
    assert scene.claim(ann) is None


def test_who_is_not_a_member_is_refused(scene: Scene) -> None:
    scene.item()
    stranger = db.transact(make_user).id
    with pytest.raises(queue.NotAMember, match="Only members"):
        scene.claim(stranger)
    neighbour = Scene().annotator()
    with pytest.raises(queue.NotAMember):
        scene.claim(neighbour)


@pytest.mark.parametrize("status", ["draft", "paused", "completed", "archived"])
def test_a_project_that_is_not_open_hands_out_nothing_new(scene: Scene, status: str) -> None:
    scene.item(), scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    held = scene.take(ann)
    scene.change(Project, scene.project_id, status=status)
    assert scene.claim(ben) is None
    assert scene.take(ann) == held
    assert scene.submit(held.id, ann).outcome == "completed"


def test_items_of_tasks_that_are_not_open_are_passed_over(scene: Scene) -> None:
    closed, open_item = scene.item(), scene.item()
    scene.change(Task, scene.stored_item(closed).task_id, status="paused")
    assert scene.take(scene.annotator()).item_id == open_item


def test_parked_items_are_passed_over_even_when_a_place_is_given_back(new_scene: NewScene) -> None:
    scene = new_scene(wanted=2, max_skips=1)
    item = scene.item()
    ann, ben, cleo = scene.annotator(), scene.annotator(), scene.annotator()
    held = scene.take(ann)
    scene.do(queue.skip, scene.take(ben).id, ben, "unclear")
    scene.end_lease(held.id)
    assert scene.reap() == 1
    assert scene.places(item) == (1, 1)
    assert scene.claim(cleo) is None


def test_lanes_are_served_in_the_order_of_the_member(scene: Scene) -> None:
    plain, maths, law = scene.item(), scene.item(lane="maths"), scene.item(lane="law")
    ann = scene.annotator(lanes=["maths", ""])
    assert [scene.judge(ann).item_id, scene.judge(ann).item_id] == [maths, plain]
    assert scene.claim(ann) is None
    assert scene.places(law) == (1, 1)


def test_an_item_that_opens_behind_the_watermark_is_found(scene: Scene) -> None:
    first, _second = scene.item(wanted=0), scene.item()
    ann = scene.annotator()
    scene.judge(ann)
    assert scene.claim(ann) is None
    scene.do(queue.set_wanted, first, 1)
    assert scene.take(ann).item_id == first


def test_who_has_judged_thousands_looks_back_only_once_in_a_while(scene: Scene) -> None:
    first, _second = scene.item(wanted=0), scene.item()
    ann = scene.annotator()
    scene.judge(ann)
    db.transact(_set_member, ann, claims=5_000)
    assert scene.claim(ann) is None
    scene.do(queue.set_wanted, first, 1)
    assert scene.claim(ann) is None
    db.transact(_set_member, ann, wm_reset_at=db_later(-5))
    assert scene.take(ann).item_id == first


def test_an_overdue_lease_goes_to_the_next_who_asks(scene: Scene) -> None:
    item = scene.item()
    ann, ben = scene.annotator(), scene.annotator()
    held = scene.take(ann)
    assert scene.claim(ben) is None
    scene.end_lease(held.id)
    assert scene.take(ben).item_id == item
    assert scene.row(held.id).state == "expired"
    assert scene.claim(ann) is None


def test_who_let_a_lease_run_out_may_take_the_item_again_and_sees_the_same_order(scene: Scene) -> None:
    scene.item(outputs=tuple("abcdefgh"))
    ann = scene.annotator()
    held = scene.take(ann)
    scene.end_lease(held.id)
    again = scene.take(ann)
    assert (again.id, again.attempt, again.shown) == (held.id, 2, held.shown)


def test_a_changed_selection_of_outputs_is_drawn_anew(scene: Scene) -> None:
    item = scene.item(outputs=("a", "b", "c"))
    ann = scene.annotator()
    held = scene.take(ann)
    scene.end_lease(held.id)
    scene.change(TaskItem, item, outputs=sorted(held.shown[:2]))
    assert sorted(scene.take(ann).shown) == sorted(held.shown[:2])


def test_expired_gold_does_not_come_back_as_a_vote(scene: Scene) -> None:
    item = scene.item()
    ann = scene.annotator()
    gold = scene.do(queue.insert_extra, item, ann, "gold")
    assert gold is not None
    scene.end_lease(gold.id)
    assert scene.claim(ann) is None
    assert scene.places(item) == (1, 1)


def test_gold_and_repeats_are_handed_out_like_votes_and_adjudications_are_not(scene: Scene) -> None:
    first, second = scene.item(), scene.item()
    ann = scene.annotator()
    assert scene.do(queue.insert_extra, first, ann, "adjudication") is not None
    vote = scene.take(ann)
    assert (vote.item_id, vote.purpose) == (second, "vote")
    scene.submit(vote.id, ann)
    repeat = scene.do(queue.insert_extra, second, ann, "repeat", 1)
    assert scene.take(ann) == repeat


def test_an_assignment_keeps_what_it_was_made_under(new_scene: NewScene) -> None:
    scene = new_scene(hide_models=False, lease_minutes=7, display_order="fixed")
    item = scene.item(outputs=("a", "b", "c"))
    ann = scene.annotator()
    component_set = db.transact(_component_set)
    claimed = scene.do(queue.claim, scene.project_id, ann, component_set)
    assert claimed is not None
    assert claimed.component_set_id == component_set
    assert claimed.project_revision_id == db.transact(_revision_of, scene.project_id)
    assert claimed.task_version_id == scene.stored_item(item).task_version_id
    assert len(claimed.shown) == 3
    assert not claimed.hide_models
    assert claimed.lease_until is not None
    assert (claimed.lease_until - claimed.assigned_at).total_seconds() == 7 * 60
    stored = scene.row(claimed.id)
    assert stored.blinded == {"models": False}
    assert tuple(stored.shown or ()) == claimed.shown


def _set_member(session: Session, /, user_id: str, **values: object) -> None:
    session.execute(update(ProjectMember).where(ProjectMember.user_id == user_id).values(values))


def _component_set(session: Session) -> str:
    row = ComponentSet(id=new_id(), hash=secrets.token_hex(32), members=[])
    session.add(row)
    return row.id


def _revision_of(session: Session, project_id: str) -> str:
    revision = select(ProjectRevision.id).where(ProjectRevision.project_id == project_id)
    return session.scalars(revision).one()
