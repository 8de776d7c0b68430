"""The order in which outputs are shown: balanced, stored, and nothing that can be guessed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from queue_scene import Scene

from rlflow_core.models import AgentOutput
from rlflow_core.services.queue.display_order import draw

NewScene = Callable[..., Scene]


@given(sizes=st.lists(st.integers(1, 6), max_size=80), seed=st.integers())
def test_every_output_takes_every_position_equally_often_up_to_one(sizes: list[int], seed: int) -> None:
    chance = random.Random(seed)
    draws: dict[str, object] = {}
    counts: dict[int, Counter[tuple[int, int]]] = {size: Counter() for size in sizes}
    for size in sizes:
        drawn = draw("random", [str(place) for place in range(size)], draws, [], chance)
        draws = drawn.draws
        assert sorted(drawn.shown, key=int) == [str(place) for place in range(size)]
        counts[size].update((position, int(output)) for position, output in enumerate(drawn.shown))
        cells = [counts[size][i, j] for i in range(size) for j in range(size)]
        assert max(cells) - min(cells) <= 1


def test_blocks_begin_either_way() -> None:
    firsts = {draw("random", ["a", "b"], {}, []).shown[0] for _ in range(200)}
    assert firsts == {"a", "b"}


@given(seed=st.integers(), number=st.integers(0, 30))
def test_both_orders_of_an_item_are_shown_equally_often_up_to_one(seed: int, number: int) -> None:
    chance = random.Random(seed)
    shown: list[list[str]] = []
    for _ in range(number):
        shown.append(draw("both", ["a", "b"], {}, shown, chance).shown)
    firsts = Counter(order[0] for order in shown)
    assert abs(firsts["a"] - firsts["b"]) <= 1


def test_a_vote_that_was_given_back_is_made_up_for() -> None:
    assert draw("both", ["a", "b"], {}, [["a", "b"], ["a", "b"]]).shown == ["b", "a"]


@pytest.mark.parametrize("order", ["random", "both", "fixed"])
@pytest.mark.parametrize("outputs", [[], ["a"]])
def test_one_output_or_none_is_shown_as_it_is(order: str, outputs: list[str]) -> None:
    assert draw(order, outputs, {}, []).shown == outputs


def test_a_random_project_balances_each_annotator(scene: Scene) -> None:
    ann = scene.annotator()
    for _ in range(9):
        scene.item(wanted=1)
    swapped = 0
    for count in range(1, 10):
        claimed = scene.judge(ann)
        swapped += list(claimed.shown) != sorted(claimed.shown)
        assert abs(count - 2 * swapped) <= 1


def test_both_shows_the_next_annotator_the_other_order(new_scene: NewScene) -> None:
    scene = new_scene(wanted=4, display_order="both")
    scene.item()
    orders = [scene.take(scene.annotator()).shown for _ in range(4)]
    assert orders[0] == orders[1][::-1]
    assert orders[2] == orders[3][::-1]


def test_fixed_keeps_the_order_of_the_item_and_leaves_out_what_cannot_be_judged(new_scene: NewScene) -> None:
    scene = new_scene(display_order="fixed")
    item = scene.item(outputs=("a", "b", "c", "d"))
    task = scene.stored_item(item).task_id
    outputs = scene.outputs_of(task)
    scene.change(AgentOutput, outputs[1], stale=True)
    scene.change(AgentOutput, outputs[2], error="The provider did not answer.")
    assert scene.take(scene.annotator()).shown == (outputs[0], outputs[3])
