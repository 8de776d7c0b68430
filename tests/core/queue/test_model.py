"""The queue against a model of it: one person at a time, in any order that hypothesis can think of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from queue_invariants import broken_rules
from queue_scene import Scene, end_lease, submit

from rlflow_core.extensions import db
from rlflow_core.services import queue

PEOPLE, ITEMS = 4, 4
people = st.integers(0, PEOPLE - 1)
items = st.integers(0, ITEMS - 1)


@dataclass
class ModelItem:
    """What the model knows of an item: its votes by person, and how many are wanted."""

    wanted: int
    parked: bool = False
    votes: dict[int, str] = field(default_factory=dict)

    @property
    def places_left(self) -> int:
        return self.wanted - sum(state in ("leased", "completed") for state in self.votes.values())

    def is_open_to(self, person: int) -> bool:
        return self.places_left > 0 and not self.parked and self.votes.get(person, "expired") == "expired"


class QueueModel(RuleBasedStateMachine):
    """Every step is made in the database and in the model, and both must agree."""

    @initialize(wanted=st.lists(st.integers(0, 3), min_size=ITEMS, max_size=ITEMS))
    def open_a_project(self, wanted: list[int]) -> None:
        self.scene = Scene(wanted=1, max_skips=2)
        self.people = [self.scene.annotator() for _ in range(PEOPLE)]
        self.items = [self.scene.item(wanted=number) for number in wanted]
        self.model = [ModelItem(number) for number in wanted]
        self.overdue: set[tuple[int, int]] = set()
        self.postponed: set[tuple[int, int]] = set()
        self.skips: dict[int, int] = defaultdict(int)
        self.ids: dict[tuple[int, int], str] = {}
        self.submitted: dict[int, list[int]] = defaultdict(list)

    @rule(person=people)
    def claim(self, person: int) -> None:
        held = [item for item in range(ITEMS) if self._holds(person, item)]
        if not held:
            self._reap()
        claimed = db.transact(queue.claim, self.scene.project_id, self.people[person])
        if claimed is None:
            assert not held
            assert not any(item.is_open_to(person) for item in self.model)
            return
        item = self.items.index(claimed.item_id)
        self.ids[person, item] = claimed.id
        if held:
            assert item in held
            return
        assert self.model[item].is_open_to(person)
        self.model[item].votes[person] = "leased"

    @rule(person=people, item=items)
    def submit(self, person: int, item: int) -> None:
        if (person, item) not in self.ids:
            return
        state, model = self.model[item].votes[person], self.model[item]
        expected = {"leased": "completed", "completed": "already", "skipped": "taken", "withdrawn": "taken"}
        late = "late" if model.places_left > 0 else "taken"
        completion = db.transact(submit, self.ids[person, item], self.people[person])
        assert completion.outcome == expected.get(state, late)
        if completion.counts:
            self._let_go(person, item, "completed")
            self.submitted[person].append(item)

    @rule(person=people, item=items)
    def skip(self, person: int, item: int) -> None:
        if self.model[item].votes.get(person) != "leased":
            return
        skipped = db.transact(queue.skip, self.ids[person, item], self.people[person], "unclear")
        self._let_go(person, item, "skipped")
        self.skips[item] += 1
        through = [
            self.model[item].votes.get(one) in ("skipped", "completed", "withdrawn") for one in range(PEOPLE)
        ]
        give_up = self.skips[item] >= 2 or all(through)
        expected = give_up and self.model[item].places_left > 0 and not self.model[item].parked
        assert skipped.parked == expected
        if expected:
            self.model[item].wanted -= self.model[item].places_left
            self.model[item].parked = True

    @rule(person=people, item=items)
    def postpone_or_resume(self, person: int, item: int) -> None:
        if self.model[item].votes.get(person) != "leased":
            return
        if (person, item) in self.postponed:
            db.transact(queue.resume, self.ids[person, item], self.people[person])
            self.postponed.discard((person, item))
        else:
            db.transact(queue.postpone, self.ids[person, item], self.people[person])
            self.postponed.add((person, item))
        self.overdue.discard((person, item))

    @rule(person=people)
    def undo(self, person: int) -> None:
        done = [item for item in self.submitted[person] if self.model[item].votes[person] == "completed"]
        if not done:
            with pytest.raises(queue.NothingToUndo):
                db.transact(queue.undo, self.people[person], self.scene.project_id)
            return
        undone = db.transact(queue.undo, self.people[person], self.scene.project_id)
        item = self.items.index(undone.item_id)
        assert item == done[-1]
        self.submitted[person].remove(item)
        self.model[item].votes[person] = "leased"

    @rule(person=people, item=items)
    def let_a_lease_run_out(self, person: int, item: int) -> None:
        if self.model[item].votes.get(person) == "leased":
            db.transact(end_lease, self.ids[person, item])
            self.overdue.add((person, item))

    @rule()
    def expire(self) -> None:
        assert db.transact(queue.expire_due, self.scene.project_id) == len(self.overdue)
        self._reap()

    @rule(item=items, wanted=st.integers(0, 4))
    def set_wanted(self, item: int, wanted: int) -> None:
        db.transact(queue.set_wanted, self.items[item], wanted)
        self.model[item].wanted = wanted
        self.model[item].parked = self.model[item].parked and self.model[item].places_left <= 0

    @rule(item=items)
    def stop_early(self, item: int) -> None:
        model = self.model[item]
        assert db.transact(queue.stop_early, self.items[item]) == (model.places_left > 0)
        model.wanted -= max(0, model.places_left)

    @rule(person=people, item=items)
    def assign(self, person: int, item: int) -> None:
        model = self.model[item]
        who, what = self.people[person], self.items[item]
        if model.votes.get(person, "expired") not in ("expired", "skipped"):
            with pytest.raises(queue.WrongState):
                db.transact(queue.assign_to, what, who, 60.0)
            return
        self.ids[person, item] = db.transact(queue.assign_to, what, who, 60.0).id
        model.wanted += model.places_left <= 0
        self.skips[item] -= model.votes.get(person) == "skipped"
        model.votes[person] = "leased"

    @rule(person=people)
    def exclude(self, person: int) -> None:
        exclusion = db.transact(queue.exclude, self.scene.project_id, self.people[person])
        became = {"completed": "withdrawn", "leased": "expired"}
        votes = [item for item in range(ITEMS) if self.model[item].votes.get(person) in became]
        assert exclusion.withdrawn + exclusion.expired == len(votes)
        for item in votes:
            self._let_go(person, item, became[self.model[item].votes[person]])

    @invariant()
    def the_database_agrees(self) -> None:
        if not hasattr(self, "scene"):
            return
        places = self.scene.all_places()
        for item, model in zip(self.items, self.model, strict=True):
            assert places[item] == (model.wanted, model.places_left)

    def teardown(self) -> None:
        assert db.transact(broken_rules) == []

    def _holds(self, person: int, item: int) -> bool:
        leased = self.model[item].votes.get(person) == "leased"
        return leased and (person, item) not in self.overdue | self.postponed

    def _reap(self) -> None:
        for person, item in list(self.overdue):
            self._let_go(person, item, "expired")

    def _let_go(self, person: int, item: int, state: str) -> None:
        self.model[item].votes[person] = state
        self.overdue.discard((person, item))
        self.postponed.discard((person, item))


def test_the_queue_does_what_its_model_does(queue_app: Flask) -> None:
    with queue_app.app_context():
        run_state_machine_as_test(
            QueueModel,
            settings=settings(
                max_examples=40,
                stateful_step_count=30,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
