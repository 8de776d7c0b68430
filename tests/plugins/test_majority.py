import json

import pytest

from rlflow_core.plugin_api import SIGNAL_COLUMNS, ValidationError
from rlflow_plugins.aggregators.majority import Majority
from rlflow_plugins.aggregators.majority.intervals import student_quantile

PLACE = {"item": "i1", "schema": "preference", "dimension": "choice", "kind": "preference"}
PAIR = {**PLACE, "output": "a", "other_output": "b"}
RATING = {**PLACE, "schema": "rating", "dimension": "score", "kind": "scalar", "output": "a"}
STRENGTH = {"first": 1.0, "second": -2.0, "tie": 0.0, "both_bad": 0.0}


def votes(*labels, **more):
    return [{**PAIR, "label": label, "value": STRENGTH.get(label), **more} for label in labels]


def numbers(*values, **more):
    return [{**RATING, "value": value, **more} for value in values]


@pytest.fixture
def aggregate(signal_table):
    def aggregate(rows, **config):
        return list(Majority(config).AGGREGATE(signal_table(rows)))

    return aggregate


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValidationError):
        Majority({"rule": "unanimous"})


def test_more_than_half_of_the_votes_win(aggregate):
    (consensus,) = aggregate(votes("first", "first", "second"))
    assert (consensus.item, consensus.schema, consensus.dimension) == ("i1", "preference", "choice")
    assert (consensus.output, consensus.other_output, consensus.index) == ("a", "b", None)
    assert (consensus.label, consensus.n, consensus.method) == ("first", 3, "majority")
    assert consensus.probability == pytest.approx(2 / 3)
    assert consensus.value == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("labels", "strict", "plurality"),
    [
        (["first"], "first", "first"),
        (["tie", "tie", "first"], "tie", "tie"),
        (["first", "first", "second", "tie"], None, "first"),
        (["first", "second"], None, None),
        (["first", "second", "tie"], None, None),
        (["both_bad", "both_bad"], "both_bad", "both_bad"),
    ],
)
def test_each_rule_decides_as_it_says(aggregate, labels, strict, plurality):
    assert [one.label for one in aggregate(votes(*labels))] == [strict]
    assert [one.label for one in aggregate(votes(*labels), rule="plurality")] == [plurality]


@pytest.mark.parametrize(
    ("rule", "method"), [("strict", "majority: no majority"), ("plurality", "majority: tied")]
)
def test_an_undecided_unit_says_why_and_keeps_its_mean_strength(aggregate, rule, method):
    (consensus,) = aggregate(votes("first", "second"), rule=rule)
    assert (consensus.label, consensus.probability, consensus.interval) == (None, None, None)
    assert (consensus.method, consensus.n, consensus.value) == (method, 2, -0.5)


@pytest.mark.parametrize(
    ("labels", "low", "high"),
    [
        (["first"] * 8 + ["second"] * 2, 0.4901625, 0.9433178),
        (["first"] * 3, 0.4385030, 1.0),
        (["first"], 0.2065493, 1.0),
    ],
)
def test_the_share_has_the_interval_of_wilson(aggregate, labels, low, high):
    (consensus,) = aggregate(votes(*labels))
    assert consensus.interval == pytest.approx((low, high), abs=1e-6)


def test_items_schemas_dimensions_outputs_and_indexes_are_apart(aggregate):
    rows = [
        *votes("first", "first"),
        *votes("second", item="i2"),
        *votes("second", schema="again"),
        *votes("second", dimension="style"),
        *votes("second", output="c"),
        *votes("second", other_output="c"),
        *votes("second", index=0),
        *votes("second", index=1),
    ]
    found = aggregate(rows)
    assert [one.label for one in found] == ["first"] + ["second"] * 7
    assert [one.n for one in found] == [2] + [1] * 7


def test_turns_are_apart_and_stand_for_the_index(aggregate):
    found = aggregate([*votes("first", turn=0), *votes("second", turn=1)])
    assert [(one.index, one.label) for one in found] == [(0, "first"), (1, "second")]


def test_steps_are_decided_by_value(aggregate):
    step = {**PLACE, "kind": "step", "output": "a", "index": 2}
    (consensus,) = aggregate([{**step, "value": value} for value in (1.0, -1.0, -1.0)])
    assert (consensus.label, consensus.value, consensus.index, consensus.n) == ("-1", -1.0, 2, 3)
    (undecided,) = aggregate([{**step, "value": value} for value in (1.0, -1.0)])
    assert (undecided.label, undecided.value) == (None, None)


def test_labels_have_no_value(aggregate):
    (consensus,) = aggregate([{**PLACE, "kind": "label", "label": "spam"} for _ in range(2)])
    assert (consensus.label, consensus.value) == ("spam", None)


def test_an_annotator_with_several_labels_is_one_vote_of_each(aggregate):
    label = {**PLACE, "kind": "label"}
    rows = [
        {**label, "feedback": "f1", "label": "rude"},
        {**label, "feedback": "f1", "label": "rude"},
        {**label, "feedback": "f1", "label": "wrong"},
        {**label, "feedback": "f2", "label": "wrong"},
        {**label, "feedback": "f3", "label": "wrong"},
    ]
    (consensus,) = aggregate(rows)
    assert (consensus.label, consensus.n, consensus.probability) == ("wrong", 3, 1.0)


def test_ratings_give_their_mean_with_the_interval_of_student(aggregate):
    (consensus,) = aggregate(numbers(1.0, 2.0, 3.0, 4.0))
    assert (consensus.value, consensus.label, consensus.n) == (2.5, None, 4)
    # 2.5 ± 3.182446 · 1.290994 / √4
    assert consensus.interval == pytest.approx((0.4457397, 4.5542603), abs=1e-6)
    assert consensus.method == "majority: mean"


def test_one_rating_has_no_interval_and_equal_ones_have_an_empty_one(aggregate):
    (single,) = aggregate(numbers(3.0))
    assert (single.value, single.interval, single.n) == (3.0, None, 1)
    (equal,) = aggregate(numbers(3.0, 3.0))
    assert equal.interval == (3.0, 3.0)


def test_ranks_give_a_mean_rank_per_output(aggregate):
    ranks = [
        {**PLACE, "kind": "rank", "output": output, "value": value}
        for output, value in ("a1", "b2", "a2", "b2")
    ]
    found = aggregate([{**row, "value": float(row["value"])} for row in ranks])
    assert [(one.output, one.value, one.n) for one in found] == [("a", 1.5, 2), ("b", 2.0, 2)]


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [
        (1, 12.706204736),
        (2, 4.302652730),
        (3, 3.182446305),
        (10, 2.228138852),
        (30, 2.042272456),
        (120, 1.979930405),
        (1000, 1.962339081),
    ],
)
def test_the_quantiles_of_student_are_those_of_the_tables(degrees, quantile):
    assert student_quantile(degrees) == pytest.approx(quantile, abs=1e-8)


def test_the_two_ways_to_the_quantiles_meet():
    steps = [student_quantile(degrees) - student_quantile(degrees + 1) for degrees in (199, 200, 201)]
    assert steps[0] > steps[1] > steps[2] > 0


@pytest.mark.parametrize("kind", ["text", "critique", "revision"])
def test_texts_have_no_consensus(aggregate, kind):
    assert aggregate([{**PLACE, "kind": kind, "text": "Because."}]) == []


def test_spans_have_no_consensus(aggregate):
    assert aggregate([{**PLACE, "kind": "label", "label": "wrong", "index": 0, "start": 2, "end": 5}]) == []


@pytest.mark.parametrize("purpose", ["repeat", "gold", "practice", "judge", "adjudication", None])
def test_only_votes_count(aggregate, purpose):
    found = aggregate([*votes("first"), *votes("second", "second", purpose=purpose)])
    assert [(one.label, one.n) for one in found] == [("first", 1)]
    assert aggregate(votes("first", purpose=purpose)) == []


def test_rows_without_label_or_number_are_left_out(aggregate):
    assert aggregate([{**PAIR, "label": None}, *numbers(None, float("nan"), float("inf"))]) == []


def test_no_signals_have_no_consensus():
    assert list(Majority().AGGREGATE(SIGNAL_COLUMNS.empty_table())) == []


def test_categories_and_numbers_of_one_item_stand_side_by_side(aggregate):
    found = aggregate([*votes("first"), *numbers(4.0), *votes("first")])
    assert [(one.schema, one.n) for one in found] == [("preference", 2), ("rating", 1)]


def test_a_real_data_set_gives_its_published_majorities(shared_data, aggregate):
    lines = (shared_data / "pandalm_testset" / "pairs.jsonl").read_text(encoding="utf-8").split("\n")
    labels = {0: "tie", 1: "first", 2: "second"}
    rows = [
        row
        for pair in map(json.loads, filter(None, lines))
        for row in votes(*(labels[pair[f"annotator{n}"]] for n in (1, 2, 3)), item=pair["id"])
    ]
    found = [one.label for one in aggregate(rows)]
    assert {label: found.count(label) for label in set(found)} == {"first": 422, "second": 472, "tie": 105}
