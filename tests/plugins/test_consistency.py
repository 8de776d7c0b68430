import json
import math
from itertools import combinations
from statistics import fmean

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlflow_core.plugin_api import (
    FEEDBACK_COLUMNS,
    SIGNAL_COLUMNS,
    Dimension,
    ProjectDimension,
    ScoringData,
    ValidationError,
)
from rlflow_plugins.scorers.consistency import ALONE, NOTHING_SHARED, Consistency

CHOICE = Dimension("answer", "preference", "nominal")
GRADE = Dimension("answer", "scalar", "interval", minimum=0.0, maximum=4.0)
RANK = Dimension("answer", "rank", "ordinal")
STEP = Dimension("answer", "step", "ordinal")


def row(vote, item, dimension=GRADE, schema="asked", **cells):
    return {
        "feedback": vote,
        "item": item,
        "purpose": "vote",
        "schema": schema,
        "dimension": dimension.name,
        "kind": dimension.kind,
        **cells,
    }


def table(rows, columns):
    empty = dict.fromkeys(columns.names)
    return pa.Table.from_pylist([{**empty, **one} for one in rows], schema=columns)


def data(rows, *dimensions, more_votes=()):
    """What the scorer gets: a vote for each feedback in `rows`, and for each (vote, item, purpose) besides."""
    votes = dict.fromkeys((one["feedback"], one["item"], one["purpose"]) for one in [*rows])
    votes |= dict.fromkeys(more_votes)
    named = ("feedback", "item", "purpose")
    return ScoringData(
        "p1",
        tuple(ProjectDimension("asked", dimension) for dimension in dimensions),
        signals=table(rows, SIGNAL_COLUMNS),
        feedback=table([dict(zip(named, vote, strict=True)) for vote in votes], FEEDBACK_COLUMNS),
    )


def scores(found, config=None):
    scored = {one.subject: one for one in Consistency(config).SCORE(found)}
    assert all((one.value is None) == (one.reason is not None) for one in scored.values())
    return scored


def values(rows, *dimensions, config=None, **more):
    return {name: one.value for name, one in scores(data(rows, *dimensions, **more), config).items()}


def choices(*labels, item="i1"):
    return [
        row(f"{item}-{number}", item, CHOICE, output="a", other_output="b", label=label)
        for number, label in enumerate(labels)
    ]


def grades(*given, item="i1"):
    """One vote per argument: the grade of each output, None where it was not graded."""
    return [
        row(f"{item}-{number}", item, output=f"{item}-o{output}", value=float(grade))
        for number, vote in enumerate(given)
        for output, grade in enumerate(vote)
        if grade is not None
    ]


def ranks(*given, item="i1"):
    rows = grades(*given, item=item)
    return [{**one, "kind": "rank"} for one in rows]


def test_a_vote_is_worth_the_share_of_others_it_agrees_with():
    assert values(choices("first", "first", "second", "first"), CHOICE) == {
        "i1-0": pytest.approx(2 / 3),
        "i1-1": pytest.approx(2 / 3),
        "i1-2": 0.0,
        "i1-3": pytest.approx(2 / 3),
    }


def test_a_tie_agrees_with_a_tie_alone():
    found = values(choices("tie", "tie", "both_bad", "first"), CHOICE)
    assert list(found.values()) == [pytest.approx(1 / 3), pytest.approx(1 / 3), 0.0, 0.0]


def test_a_lonely_vote_has_a_reason_instead_of_a_number():
    found = scores(data(choices("first"), CHOICE))
    assert (found["i1-0"].value, found["i1-0"].reason) == (None, ALONE)


def test_votes_that_share_nothing_say_so():
    found = scores(data(grades((1, None), (None, 1)), GRADE))
    assert {one.reason for one in found.values()} == {NOTHING_SHARED}
    found = scores(data([], GRADE, more_votes=[("v1", "i1", "vote"), ("v2", "i1", "vote")]))
    assert {one.reason for one in found.values()} == {NOTHING_SHARED}


def test_only_votes_are_scored_and_compared_with():
    rows = choices("first", "first", "second")
    rows[2]["purpose"] = "gold"
    assert values(rows, CHOICE) == {"i1-0": 1.0, "i1-1": 1.0}


def test_ratings_agree_by_their_distance_on_the_scale():
    assert values(grades((0,), (1,), (4,)), GRADE) == {
        "i1-0": pytest.approx((0.75 + 0) / 2),
        "i1-1": pytest.approx((0.75 + 0.25) / 2),
        "i1-2": pytest.approx((0 + 0.25) / 2),
    }


def test_ratings_agree_within_a_tolerance_where_one_is_set():
    found = values(grades((0,), (1,), (4,)), GRADE, config={"tolerance": 1})
    assert list(found.values()) == [0.5, 0.5, 0.0]
    with pytest.raises(ValidationError):
        Consistency({"tolerance": -1})


def test_ratings_without_a_range_agree_when_they_are_equal():
    endless = Dimension("answer", "scalar", "interval")
    assert list(values(grades((7,), (7,), (8,)), endless).values()) == [0.5, 0.5, 0.0]


def test_a_rating_counts_where_others_rated_too():
    found = values(grades((4, 0, 2), (4, None, None), (None, 4, None)), GRADE)
    assert list(found.values()) == [pytest.approx((1 + 0) / 2), 1.0, 0.0]


def test_ranks_without_ties_agree_as_kendalls_tau_says():
    found = values(ranks((1, 2, 3, 4), (1, 3, 2, 4), (4, 3, 2, 1)), RANK)
    tau = {(0, 1): 4 / 6, (0, 2): -1.0, (1, 2): -4 / 6}
    wanted = [fmean((tau[min(a, b), max(a, b)] + 1) / 2 for b in range(3) if b != a) for a in range(3)]
    assert list(found.values()) == pytest.approx(wanted)


def test_a_tied_pair_agrees_with_the_same_tie_fully_and_with_an_order_by_half():
    assert list(values(ranks((1, 1), (1, 1)), RANK).values()) == [1.0, 1.0]
    assert list(values(ranks((1, 1), (1, 2)), RANK).values()) == [0.5, 0.5]


def test_ranks_compare_what_both_ranked():
    found = values(ranks((1, 2, None), (2, 1, 3), (None, 1, 2)), RANK)
    assert list(found.values()) == [0.0, pytest.approx((0 + 1) / 2), 1.0]


def test_steps_agree_by_the_share_of_equal_labels():
    rows = [
        row(f"v{vote}", "i1", STEP, output="o", index=index, label=label)
        for vote, given in enumerate(("++-", "+0-", "+"))
        for index, label in enumerate(given)
    ]
    found = values(rows, STEP)
    assert list(found.values()) == [pytest.approx((1 + 0 + 1) / 3), pytest.approx((1 + 0 + 1) / 3), 1.0]


def test_several_labels_of_one_thing_agree_as_a_set():
    tag = Dimension("answer", "label", "nominal")
    rows = [
        row(f"v{vote}", "i1", tag, output="o", label=label)
        for vote, given in enumerate(("ab", "ba", "a"))
        for label in given
    ]
    assert list(values(rows, tag).values()) == [0.5, 0.5, 0.0]


def test_dimensions_count_alike_and_are_told_apart():
    other = Dimension("other", "scalar", "interval", minimum=0.0, maximum=1.0)
    text = Dimension("why", "text", "none")
    rows = [
        *grades((4,), (4,)),
        row("i1-0", "i1", other, value=0.0),
        row("i1-1", "i1", other, value=1.0),
        row("i1-0", "i1", text, text="because"),
        row("i1-0", "i1", schema="dropped", value=1.0),
    ]
    first = scores(data(rows, GRADE, other, text))["i1-0"]
    assert first.value == 0.5
    assert first.details == {"others": 1, "dimensions": {"asked.answer": 1.0, "asked.other": 0.0}}


def test_no_votes_have_no_scores():
    assert scores(data([], CHOICE, GRADE, RANK)) == {}


def by_hand(agree, votes):
    """The same, one pair at a time: {vote: (item, {unit: answer})} to {vote: score}."""
    found, by_item = {}, {}
    for name, (item, mine) in votes.items():
        by_item.setdefault(item, {})[name] = mine
    for name, (item, mine) in votes.items():
        of_units = []
        for unit, answer in mine.items():
            others = [
                theirs[unit] for other, theirs in by_item[item].items() if other != name and unit in theirs
            ]
            if others:
                of_units.append(math.fsum(agree(answer, other) for other in others) / len(others))
        found[name] = math.fsum(of_units) / len(of_units) if of_units else None
    return found


def test_real_preferences_score_as_by_hand(shared_data):
    lines = (shared_data / "pandalm_testset" / "pairs.jsonl").read_text().splitlines()
    pairs = [json.loads(line) for line in lines]
    labels = {0: "tie", 1: "first", 2: "second"}
    rows = [
        one
        for pair in pairs
        for one in choices(*(labels[pair[f"annotator{n}"]] for n in (1, 2, 3)), item=f"p{pair['id']}")
    ]
    votes = {one["feedback"]: (one["item"], {"pair": one["label"]}) for one in rows}
    assert len(votes) == 2_997
    wanted = by_hand(lambda a, b: float(a == b), votes)
    found = values(rows, CHOICE)
    assert found.keys() == wanted.keys()
    assert max(abs(found[name] - wanted[name]) for name in wanted) < 1e-9


@pytest.mark.parametrize("tolerance", [None, 1])
def test_real_grades_score_as_by_hand(shared_data, tolerance):
    path = shared_data / "conala_human_grades" / "items.jsonl"
    if not path.is_file():
        pytest.skip("conala_human_grades is not beside the repository")
    votes, rows = {}, []
    for line in path.read_text().splitlines():
        item = json.loads(line)
        for number, output in enumerate(item["outputs"]):
            for grader, grade in output["grades"].items():
                name = f"{item['id']}/{grader}"
                votes.setdefault(name, (str(item["id"]), {}))[1][number] = grade
                rows.append(row(name, str(item["id"]), output=f"{item['id']}/{number}", value=float(grade)))
    assert len(rows) == 12_476

    def agree(a, b):
        return 1 - abs(a - b) / 4 if tolerance is None else float(abs(a - b) <= tolerance)

    wanted = by_hand(agree, votes)
    found = values(rows, GRADE, config={"tolerance": tolerance})
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name] == (value if value is None else pytest.approx(value, abs=1e-9))


places = st.one_of(st.none(), st.integers(1, 4))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.lists(places, min_size=4, max_size=4), max_size=5), max_size=3))
def test_any_ranks_score_as_by_hand(given):
    rows, votes = [], {}
    for number, item_votes in enumerate(given):
        rows += ranks(*item_votes, item=f"i{number}")
        for vote, places in enumerate(item_votes):
            ranked = {output: place for output, place in enumerate(places) if place is not None}
            signs = {
                (a, b): (ranked[a] > ranked[b]) - (ranked[a] < ranked[b])
                for a, b in combinations(sorted(ranked), 2)
            }
            if ranked:
                votes[f"i{number}-{vote}"] = (f"i{number}", signs)
    wanted = by_hand(lambda a, b: 1.0 if a == b else 0.5 if 0 in (a, b) else 0.0, votes)
    found = values(rows, RANK)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name] == (value if value is None else pytest.approx(value, abs=1e-9))
