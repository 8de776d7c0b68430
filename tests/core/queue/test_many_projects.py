"""Progress, reasons and work of many projects, asked at once: what counting in Python says, for any number of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from factories import make_member, make_user
from flask import current_app
from queries import asked_of
from queue_scene import Scene
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Project, ProjectMember, Task, TaskAssignment, TaskItem, User
from rlflow_core.services import queue, work

NewScene = Callable[..., Scene]

LANES = ["", "law", 'of "two" words', "gold"]
ASKED_OF_MANY: tuple[Callable[[Session, str, list[str]], Any], ...] = (
    queue.progress_of,
    queue.reasons_of,
    queue.with_work,
)
PROJECTS = 8
STEPS = 14


class Days:
    """Projects in which a few people have done anything at all; `me` is in all of them but the last."""

    def __init__(self, new_scene: NewScene, chance: random.Random) -> None:
        self.chance = chance
        self.me = db.transact(make_user).id
        self.scenes = [
            new_scene(wanted=chance.choice([1, 2]), max_skips=chance.choice([1, 3])) for _ in range(PROJECTS)
        ]
        for scene in self.scenes:
            self._live(scene)
        last = self.scenes[-1].project_id
        db.transact(lambda session: self._leave(session, last))

    @property
    def project_ids(self) -> list[str]:
        return [scene.project_id for scene in self.scenes]

    def _live(self, scene: Scene) -> None:
        chance = self.chance
        lanes = chance.sample(LANES, chance.randint(1, 3))
        db.transact(self._join, scene, lanes)
        people = [self.me, scene.annotator(lanes=LANES), scene.annotator()]
        items = [
            scene.item(lane=chance.choice(LANES), rank=float(chance.randint(1, 4)))
            for _ in range(chance.choice([0, 1, 3, 6]))
        ]
        steps = [self._judge, self._take, self._postpone, self._skip, self._lapse, self._want]
        for _ in range(STEPS if items else 0):
            chance.choice(steps)(scene, chance.choice(people), chance.choice(items))
        for item in items:
            if chance.random() < 0.2:
                scene.change(Task, scene.stored_item(item).task_id, status="paused")
        if chance.random() < 0.15:
            scene.change(Project, scene.project_id, status="paused")

    def _join(self, session: Session, scene: Scene, lanes: list[str]) -> None:
        make_member(session, scene.project, session.get_one(User, self.me), lanes=lanes)

    def _leave(self, session: Session, project_id: str) -> None:
        session.get_one(ProjectMember, (project_id, self.me)).left_at = datetime.now(UTC)

    def _take(self, scene: Scene, who: str, _item: str) -> None:
        scene.claim(who)

    def _judge(self, scene: Scene, who: str, _item: str) -> None:
        if claimed := scene.claim(who):
            scene.submit(claimed.id, who)

    def _postpone(self, scene: Scene, who: str, _item: str) -> None:
        if claimed := scene.claim(who):
            scene.do(queue.postpone, claimed.id, who)

    def _skip(self, scene: Scene, who: str, _item: str) -> None:
        if claimed := scene.claim(who):
            scene.do(queue.skip, claimed.id, who, "unclear")

    def _lapse(self, scene: Scene, who: str, _item: str) -> None:
        if claimed := scene.claim(who):
            scene.end_lease(claimed.id)

    def _want(self, scene: Scene, _who: str, item: str) -> None:
        scene.do(queue.set_wanted, item, self.chance.randint(0, 3))


@dataclass
class Counted:
    """The rows of one project, and what follows from them for one member."""

    status: str
    lanes: list[str]
    items: list[TaskItem]
    open_tasks: set[str]
    assignments: list[TaskAssignment]
    me: str

    def mine(self, *states: str) -> list[TaskAssignment]:
        votes = [one for one in self.assignments if one.annotator_id == self.me and one.purpose == "vote"]
        return [one for one in votes if one.state in states]

    def is_new(self, item: TaskItem) -> bool:
        own = [one for one in self.assignments if one.annotator_id == self.me and one.item_id == item.id]
        return all(one.state == "expired" and one.purpose == "vote" for one in own)

    def is_open(self, item: TaskItem) -> bool:
        return item.places_left > 0 and item.parked_at is None and item.task_id in self.open_tasks

    def remaining(self) -> list[TaskItem]:
        return [
            one for one in self.items if one.lane in self.lanes and self.is_open(one) and self.is_new(one)
        ]

    def progress(self, at_most: int) -> queue.Progress:
        leased = self.mine("leased")
        return queue.Progress(
            done=len(self.mine("completed")),
            leased=len(leased),
            postponed=len([one for one in leased if one.postponed_at]),
            remaining=min(len(self.remaining()), at_most),
        )

    def reserved(self) -> list[datetime]:
        """When the places end that others hold and that would be for this member."""
        due = {
            one.id: one
            for one in self.items
            if one.places_left == 0
            and one.parked_at is None
            and one.task_id in self.open_tasks
            and one.lane in self.lanes
            and self.is_new(one)
        }
        return [
            one.lease_until
            for one in self.assignments
            if one.lease_until is not None
            and one.lease_until >= datetime.now(UTC)
            and one.purpose == "vote"
            and one.annotator_id != self.me
            and one.item_id in due
        ]

    def reason(self) -> tuple[str, int | None, datetime | None]:
        """Code, number and next_at."""
        reserved = self.reserved()
        parked = len([one for one in self.items if one.parked_at])
        cases: list[tuple[Any, str, int | None, datetime | None]] = [
            (self.status != "open", "project_not_open", None, None),
            (self.remaining(), "ready", None, None),
            (not self.items, "nothing_imported", None, None),
            (reserved, "reserved", len(reserved), min(reserved, default=None)),
            (
                any(one.lane in self.lanes and self.is_open(one) for one in self.items),
                "all_judged",
                len(self.mine("completed")),
                None,
            ),
            (any(map(self.is_open, self.items)), "other_lanes", None, None),
            (
                any(one.places_left > 0 and not one.parked_at for one in self.items),
                "tasks_not_open",
                None,
                None,
            ),
            (parked, "parked", parked, None),
            (True, "complete", None, None),
        ]
        return next((code, number, next_at) for applies, code, number, next_at in cases if applies)


def counted(session: Session, project_id: str, me: str) -> Counted:
    tasks = session.scalars(select(Task).where(Task.project_id == project_id))
    return Counted(
        session.get_one(Project, project_id).status,
        session.get_one(ProjectMember, (project_id, me)).lanes,
        list(session.scalars(select(TaskItem).where(TaskItem.project_id == project_id))),
        {one.id for one in tasks if one.status == "open"},
        list(session.scalars(select(TaskAssignment).where(TaskAssignment.project_id == project_id))),
        me,
    )


@pytest.mark.parametrize("at_most", [2, 10_000])
@pytest.mark.parametrize("seed", range(3))
def test_all_at_once_say_what_counting_says(
    new_scene: NewScene, monkeypatch: pytest.MonkeyPatch, seed: int, at_most: int
) -> None:
    monkeypatch.setattr("rlflow_core.services.queue.counts.REMAINING_COUNTED", at_most)
    days = Days(new_scene, random.Random(seed))
    mine = days.project_ids[:-1]
    with db.reading() as session:
        rows = {key: counted(session, key, days.me) for key in mine}
        progress = queue.progress_of(session, days.me, days.project_ids)
        assert progress == {key: one.progress(at_most) for key, one in rows.items()}
        reasons = queue.reasons_of(session, days.me, days.project_ids)
        said = {key: (one.code, one.number, one.next_at) for key, one in reasons.items()}
        assert said == {key: one.reason() for key, one in rows.items()}
        for key in mine:
            assert queue.progress(session, key, days.me) == progress[key]
            assert queue.why_empty(session, key, days.me) == reasons[key]


def test_the_days_that_are_compared_have_something_of_everything(new_scene: NewScene) -> None:
    codes, sums = set(), [0, 0, 0, 0]
    for seed in range(3):
        days = Days(new_scene, random.Random(seed))
        with db.reading() as session:
            rows = [counted(session, key, days.me) for key in days.project_ids[:-1]]
        codes |= {one.reason()[0] for one in rows}
        progress = [one.progress(100) for one in rows]
        sums = [
            sums[0] + sum(one.done for one in progress),
            sums[1] + sum(one.leased for one in progress),
            sums[2] + sum(one.postponed for one in progress),
            sums[3] + sum(one.remaining for one in progress),
        ]
    assert all(sums)
    assert len(codes) >= 6, codes


def test_many_projects_take_as_many_statements_as_one(new_scene: NewScene) -> None:
    scenes = [new_scene() for _ in range(5)]
    me = db.transact(make_user)
    for scene in scenes:
        db.transact(make_member, scene.project, me)
    ids = [scene.project_id for scene in scenes]
    for asked_for in (ids[:1], ids):
        for ask in ASKED_OF_MANY:
            with asked_of(current_app) as asked, db.reading() as session:
                ask(session, me.id, asked_for)
            assert len([text for text in asked.statements if "SELECT" in text]) == 1
    with asked_of(current_app) as asked, db.reading() as session:
        assert not any(ask(session, me.id, []) for ask in ASKED_OF_MANY)
    assert not asked.statements


def test_the_next_project_is_the_first_that_has_work(new_scene: NewScene) -> None:
    """One that is paused, or where all is put aside, does not stand in the way of the next."""
    paused, empty, aside, full = [new_scene() for _ in range(4)]
    me = db.transact(make_user)
    for scene in (paused, empty, aside, full):
        db.transact(make_member, scene.project, me)
    for scene in (paused, aside, full):
        scene.item()
    aside.do(queue.postpone, aside.take(me.id).id, me.id)
    paused.change(Project, paused.project_id, status="paused")

    def chosen() -> str | None:
        with db.reading() as session:
            return work.next_project(session, me.id, None)

    assert chosen() == full.project_id
    full.take(me.id)
    assert chosen() == full.project_id
    paused.change(Project, paused.project_id, status="open")
    assert chosen() == paused.project_id
