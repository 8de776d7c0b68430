"""How outputs become items: every pairing is complete, even, and the same whenever it is asked."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlflow_core.services.errors import Invalid
from rlflow_core.services.pairing import OutputLimits, groups, misfit

ANY = (OutputLimits("grade", 0, None),)
PAIRS_ONLY = (OutputLimits("preference", 2, 2),)
RANKING = (OutputLimits("order", 3, 10),)
SINGLE = (OutputLimits("grade", 1, 1),)


def named(count: int) -> list[str]:
    return [f"out-{number:03}" for number in range(count)]


def test_all_outputs_are_one_group_in_their_order() -> None:
    assert groups("all_outputs", named(3), "t", ANY) == [("out-000", "out-001", "out-002")]


def test_all_pairs_are_every_pair_once_in_order() -> None:
    assert groups("all_pairs", named(4), "t", PAIRS_ONLY) == list(combinations(named(4), 2))


@pytest.mark.parametrize("pairing", ["all_outputs", "all_pairs", "balanced_pairs:2"])
@pytest.mark.parametrize("count", [0, 1])
def test_too_few_outputs_make_no_item_yet(pairing: str, count: int) -> None:
    assert groups(pairing, named(count), "t", PAIRS_ONLY) == []


def test_a_task_without_outputs_is_judged_where_no_schema_needs_any() -> None:
    assert groups("all_outputs", [], "t", ANY) == [()]


@given(count=st.integers(2, 40), each=st.integers(1, 45), task=st.text(min_size=1, max_size=8))
def test_balanced_pairs_show_every_output_as_often_as_any_other(count: int, each: int, task: str) -> None:
    pairs = groups(f"balanced_pairs:{each}", named(count), task, PAIRS_ONLY)
    degrees = Counter(output for pair in pairs for output in pair)
    possible = min(each, count - 1)
    assert all(possible <= degrees[output] <= possible + 1 for output in named(count))
    assert len(pairs) == -(-count * possible // 2), "not one pair more than needed"
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert all(first < second for first, second in pairs), "in the order of the outputs"


@given(count=st.integers(2, 20), each=st.integers(1, 6))
def test_balanced_pairs_depend_on_the_task_alone(count: int, each: int) -> None:
    pairing = f"balanced_pairs:{each}"
    assert groups(pairing, named(count), "a", ANY) == groups(pairing, named(count), "a", ANY)


def test_different_tasks_get_different_balanced_pairs() -> None:
    chosen = {tuple(groups("balanced_pairs:2", named(12), f"task {n}", ANY)) for n in range(20)}
    assert len(chosen) > 10


@given(before=st.integers(0, 12), added=st.integers(1, 8), each=st.integers(1, 5))
def test_outputs_that_come_later_only_add_balanced_pairs(before: int, added: int, each: int) -> None:
    pairing = f"balanced_pairs:{each}"
    first = groups(pairing, named(before), "t", ANY)
    known = {frozenset(pair) for pair in first}
    later = groups(pairing, named(before + added), "t", ANY, known)
    assert known.isdisjoint(frozenset(pair) for pair in later)
    degrees = Counter(output for pair in [*first, *later] for output in pair)
    possible = min(each, before + added - 1)
    assert all(degrees[output] >= possible for output in named(before + added))


def test_existing_pairs_are_not_made_again() -> None:
    known = {frozenset(("out-000", "out-001"))}
    assert groups("all_pairs", named(3), "t", ANY, known) == [("out-000", "out-002"), ("out-001", "out-002")]


def test_too_many_outputs_for_a_comparison_are_refused_with_the_way_out() -> None:
    with pytest.raises(Invalid) as refused:
        groups("all_outputs", named(3), "t", PAIRS_ONLY)
    assert refused.value.errors == {
        "outputs": ["preference compares exactly 2 outputs; this task has 3. Set pairing to all_pairs."]
    }


def test_too_many_outputs_for_a_schema_that_pairs_do_not_help_are_refused_too() -> None:
    with pytest.raises(Invalid) as refused:
        groups("all_outputs", named(11), "t", RANKING)
    assert refused.value.errors == {
        "outputs": ["order takes 3 to 10 outputs; this task has 11. Give a task at most 10."]
    }


@pytest.mark.parametrize("pairing", ["all_pairs", "balanced_pairs:3"])
@pytest.mark.parametrize("limits", [RANKING, SINGLE, (*PAIRS_ONLY, *RANKING)])
def test_pairs_are_refused_where_a_schema_judges_more_or_fewer(
    pairing: str, limits: tuple[OutputLimits, ...]
) -> None:
    reason = misfit(pairing, limits)
    assert reason is not None
    assert reason.endswith(f"{pairing} shows 2. Set pairing to all_outputs.")


@pytest.mark.parametrize("pairing", ["all_outputs", "all_pairs", "balanced_pairs:3"])
def test_schemas_that_take_pairs_fit_every_pairing(pairing: str) -> None:
    assert misfit(pairing, (*PAIRS_ONLY, *ANY)) is None
