"""Twelve threads do at random all that can be done with the queue, and its rules hold at every moment."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from factories import make_task
from flask import Flask
from queue_clients import once
from queue_invariants import broken_rules
from queue_scene import Scene, end_lease, submit
from sqlalchemy import text
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.services import queue
from rlflow_core.services.queue.extras import ExtraPurpose

R = TypeVar("R")

THREADS, STEPS, PEOPLE, ITEMS = 12, 1_700, 10, 40
LANES = ["", "maths"]
EXTRAS: list[tuple[ExtraPurpose, int]] = [("gold", 0), ("repeat", 1), ("repeat", 2), ("adjudication", 0)]

NEW_LEDGER = "CREATE TABLE largest_wanted (item_id CHAR(36) PRIMARY KEY, wanted INTEGER NOT NULL)"
NOTE_WANTED = """
    INSERT INTO largest_wanted SELECT CAST(id AS CHAR(36)), {} FROM task_items WHERE id = :item
    ON CONFLICT (item_id) DO UPDATE SET wanted = CASE
        WHEN excluded.wanted > largest_wanted.wanted THEN excluded.wanted ELSE largest_wanted.wanted END"""
# A person who is named for an item with too many votes already is one vote more, asked for openly.
NAMED = "CASE WHEN places_left < 0 THEN wanted - places_left ELSE wanted END"
TOO_MANY_VOTES = """
    SELECT i.id FROM task_items i JOIN largest_wanted l ON l.item_id = CAST(i.id AS CHAR(36))
    WHERE (SELECT count(*) FROM task_assignments a WHERE a.item_id = i.id AND a.purpose = 'vote'
           AND a.state IN ('leased', 'completed')) > l.wanted"""
STILL_OPEN = "SELECT id FROM task_items WHERE places_left > 0 AND parked_at IS NULL"


class Walk:
    """What the threads share: the people, what they hold or held, the items, and what came of every step."""

    def __init__(self, seed: int) -> None:
        self.scene = Scene(wanted=2, max_skips=3, display_order="both")
        self.people = [self.scene.annotator(lanes=LANES[: 1 + number % 2]) for number in range(PEOPLE)]
        self.items: list[str] = []
        self.numbers = itertools.count(1)
        self.known: dict[str, list[str]] = {person: [] for person in self.people}
        self.came_of: Counter[str] = Counter()
        self.seed = seed
        once(lambda session: session.execute(text(NEW_LEDGER)))
        for _ in range(ITEMS):
            self.add_item(random.Random(seed))

    def add_item(self, chance: random.Random) -> None:
        lane, wanted = chance.choice(LANES), chance.randint(1, 3)
        self.items.append(once(_add_item, self.scene, next(self.numbers), lane, wanted))

    def remember(self, claimed: queue.Claimed) -> None:
        self.known[claimed.annotator_id] = [*self.known[claimed.annotator_id][-7:], claimed.id]


class Walker:
    """One thread: each method is a step that anybody may take at any time, and says what came of it."""

    def __init__(self, walk: Walk, number: int) -> None:
        self.walk = walk
        self.chance = random.Random(walk.seed + number)
        self.who = ""
        self.item = ""

    def steps(self) -> None:
        names = list(FREQUENCY)
        for name in self.chance.choices(names, [FREQUENCY[name] for name in names], k=STEPS):
            self.who = self.chance.choice(self.walk.people)
            self.item = self.chance.choice(self.walk.items[-60:])
            step: Callable[[], str] = getattr(self, name)
            try:
                self.walk.came_of[f"{name}: {step()}"] += 1
            except queue.QueueError as refusal:
                self.walk.came_of[f"{name}: {type(refusal).__name__}"] += 1

    def claim(self) -> str:
        claimed = once(
            queue.claim, self.walk.scene.project_id, self.who, lease_seconds=self.chance.choice([0.01, 60])
        )
        if claimed is None:
            self.walk.add_item(self.chance)
            return "nothing"
        self.walk.remember(claimed)
        return claimed.purpose

    def submit(self) -> str:
        return once(submit, self.own(), self.who).outcome

    def skip(self) -> str:
        reason = self.chance.choice(list(queue.SkipReason))
        return f"parked={once(queue.skip, self.own(), self.who, reason).parked}"

    def postpone(self) -> str:
        return once(queue.postpone, self.own(), self.who).state

    def resume(self) -> str:
        return once(queue.resume, self.own(), self.who).state

    def extend(self) -> str:
        return once(queue.extend, self.own(), self.who).state

    def undo(self) -> str:
        return once(queue.undo, self.who, self.walk.scene.project_id).state

    def send_back(self) -> str:
        return once(queue.return_to_annotator, self.own(), "Look again.", 60).state

    def set_wanted(self) -> str:
        once(_noting("wanted", queue.set_wanted), self.item, self.chance.randint(0, 4))
        return "set"

    def stop_early(self) -> str:
        return str(once(queue.stop_early, self.item))

    def assign(self) -> str:
        self.walk.remember(once(_noting(NAMED, queue.assign_to), self.item, self.who, 60.0))
        return "assigned"

    def insert(self) -> str:
        purpose, pass_no = self.chance.choice(EXTRAS)
        extra = once(queue.insert_extra, self.item, self.who, purpose, pass_no)
        if extra is None:
            return "has it"
        self.walk.remember(extra)
        return purpose

    def exclude(self) -> str:
        return f"withdrawn={once(queue.exclude, self.walk.scene.project_id, self.who).withdrawn > 0}"

    def let_time_pass(self) -> str:
        once(end_lease, self.own())
        return "overdue"

    def expire(self) -> str:
        return f"any={once(queue.expire_due, self.walk.scene.project_id, 50) > 0}"

    def own(self) -> str:
        """The id of something that this person has or had, or of an item where they have had nothing."""
        return self.chance.choice(self.walk.known[self.who] or [self.item])


FREQUENCY = {
    "claim": 30,
    "submit": 30,
    "skip": 4,
    "postpone": 3,
    "resume": 3,
    "extend": 3,
    "undo": 4,
    "send_back": 3,
    "set_wanted": 4,
    "stop_early": 2,
    "assign": 4,
    "insert": 5,
    "exclude": 0.3,
    "let_time_pass": 6,
    "expire": 1,
}


def test_the_rules_hold_whatever_many_do_at_once(app: Flask) -> None:
    seed = random.SystemRandom().randrange(2**32)
    with app.app_context():
        walk = Walk(seed)
    over = threading.Event()

    def step(number: int) -> None:
        with app.app_context():
            Walker(walk, number).steps()

    def watch() -> int:
        looks = 0
        with app.app_context():
            while not over.wait(0.5):
                with db.reading() as session:
                    assert _wrong(session) == []
                looks += 1
        return looks

    try:
        with ThreadPoolExecutor(THREADS + 1) as pool:
            watching = pool.submit(watch)
            walking = [pool.submit(step, number) for number in range(THREADS)]
            try:
                for walker in walking:
                    walker.result()
            finally:
                over.set()
            assert watching.result() > 0
        with app.app_context():
            assert once(_wrong) == []
            _drain(walk)
    except BaseException:
        print(f"seed {seed}; {dict(walk.came_of)}")
        raise
    assert sum(walk.came_of.values()) == THREADS * STEPS > 20_000
    missing = [name for name in FREQUENCY if not any(key.startswith(f"{name}:") for key in walk.came_of)]
    assert not missing


def _drain(walk: Walk) -> None:
    """Newcomers find every place that is left: none was lost on the way."""
    for _ in range(10):
        newcomer = walk.scene.annotator(lanes=LANES)
        while (claimed := once(queue.claim, walk.scene.project_id, newcomer)) is not None:
            assert once(submit, claimed.id, newcomer).counts
    assert once(_wrong) == []
    assert once(lambda session: session.execute(text(STILL_OPEN)).all()) == []


def _wrong(session: Session) -> list[str]:
    too_many = [
        f"more votes than were ever wanted: {row[0]}" for row in session.execute(text(TOO_MANY_VOTES))
    ]
    return broken_rules(session) + too_many


def _add_item(session: Session, scene: Scene, seq: int, lane: str, wanted: int) -> str:
    item = make_task(session, scene.project, seq=seq, lane=lane, wanted=wanted, rank=random.random())
    session.execute(text(NOTE_WANTED.format("wanted")), {"item": item.id})
    return item.id


def _noting(allowed: str, work: Callable[..., R]) -> Callable[..., R]:
    """The work and, in the same transaction, a note of how many votes the item may have after it."""

    def noting(session: Session, item_id: str, *args: object) -> R:
        result = work(session, item_id, *args)
        session.execute(text(NOTE_WANTED.format(allowed)), {"item": item_id})
        return result

    return noting
