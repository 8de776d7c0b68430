from datetime import UTC, datetime
from itertools import pairwise
from random import Random as Shuffler

import pytest

from rlflow_core.plugin_api import ItemView, ValidationError
from rlflow_plugins.routers.random import Random

NAMES = [f"item-{number}" for number in range(2_000)]


def items(task, names):
    now = datetime(2025, 1, 1, tzinfo=UTC)
    return [
        ItemView(name, task, seq, seq % 3, wanted=3, places_left=3, created_at=now)
        for seq, name in enumerate(names)
    ]


def order(task, seed, names):
    """The names as they are handed out."""
    ranks = Random({"seed": seed}).RANK(items(task, names))
    return [name for _, name in sorted(zip(ranks, names, strict=True))]


@pytest.mark.parametrize("config", [{"seed": -1}, {"seed": 1.5}, {"seed": "x"}, {"seed": 2**31}, {"x": 1}])
def test_a_seed_that_is_none_is_refused(config):
    with pytest.raises(ValidationError):
        Random(config)


def test_the_order_is_the_same_in_whichever_order_and_batches_items_come(task):
    shuffled = NAMES.copy()
    Shuffler(1).shuffle(shuffled)
    router = Random({"seed": 7})
    ranks = dict(zip(NAMES, router.RANK(items(task, NAMES)), strict=True))
    for start in range(0, len(NAMES), 300):
        batch = shuffled[start : start + 300]
        assert router.RANK(items(task, batch)) == [ranks[name] for name in batch]
    assert order(task, 7, shuffled) == order(task, 7, NAMES)


def test_the_order_is_a_permutation_that_another_seed_changes(task):
    first, second = order(task, 0, NAMES), order(task, 1, NAMES)
    assert sorted(first) == sorted(second) == sorted(NAMES)
    assert first != NAMES
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 20


def test_ranks_are_spread_evenly_from_0_to_1(task):
    ranks = Random().RANK(items(task, NAMES))
    assert len(set(ranks)) == len(NAMES)
    counts = [0] * 10
    for rank in ranks:
        counts[int(rank * 10)] += 1
    # 200 are expected in each tenth; the 99.99 % quantile of chi-squared with 9 degrees of freedom is 33.7.
    assert sum((count - 200) ** 2 / 200 for count in counts) < 33.7


def test_neighbours_in_the_order_of_making_are_apart(task):
    ranks = Random().RANK(items(task, NAMES))
    mean = sum(ranks) / len(ranks)
    pairs = list(pairwise(ranks))
    covariance = sum((a - mean) * (b - mean) for a, b in pairs) / len(pairs)
    variance = sum((a - mean) ** 2 for a in ranks) / len(ranks)
    assert abs(covariance / variance) < 0.08


def test_no_items_have_no_ranks():
    assert Random().RANK([]) == []
