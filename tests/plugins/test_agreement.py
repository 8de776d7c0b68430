import json
import random

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlflow_core.plugin_api import SIGNAL_COLUMNS, Dimension, ProjectDimension, ScoringData
from rlflow_plugins.scorers.agreement import (
    NO_DEFINED_PAIR,
    NO_PAIRED_UNIT,
    NO_RATINGS,
    NO_VARIATION,
    NOT_CATEGORIES,
    ONE_RATER,
    Agreement,
    cohen,
)
from rlflow_plugins.scorers.agreement.krippendorff import krippendorff_alpha

LEVELS = ("nominal", "ordinal", "interval", "ratio")


def dimension(level="nominal", kind="label", **more):
    return ProjectDimension("asked", Dimension("answer", kind, level, **more))


def rows_of(ratings, column):
    """Signal rows of a table {rater: [rating of each unit or None]}."""
    return [
        {"item": f"i{unit:03d}", "annotator": rater, "schema": "asked", "dimension": "answer", column: value}
        for rater, values in ratings.items()
        for unit, value in enumerate(values)
        if value is not None
    ]


def rows_at(ratings, level):
    """The same, as labels for the nominal level and as values for the others."""
    if level == "nominal":
        ratings = {
            rater: [None if value is None else str(value) for value in values]
            for rater, values in ratings.items()
        }
    return rows_of(ratings, "label" if level == "nominal" else "value")


def score(signals, place):
    """The three scores by metric."""
    scores = list(Agreement().SCORE(ScoringData("p1", (place,), signals=signals)))
    assert all(one.value is None or one.reason is None for one in scores)
    return {one.metric: one for one in scores}


def of_contingency(table):
    """Two raters whose joint counts are `table`."""
    cells = [(a, b) for a, row in enumerate(table) for b, count in enumerate(row) for _ in range(count)]
    return {"a": [a for a, _ in cells], "b": [b for _, b in cells]}


def ratings_of(case):
    return of_contingency(case["table"]) if case["type"] == "contingency_2raters" else case["ratings"]


METRICS = {
    **{f"krippendorff_alpha.{level}": ("alpha", level) for level in LEVELS},
    "krippendorff_alpha": ("alpha", "nominal"),
    "cohen_kappa": ("kappa", "nominal"),
    "percent_agreement": ("percent_agreement", "nominal"),
}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("krippendorff_4obs_12units", 5),
        ("krippendorff_binary_2obs_10units", 3),
        ("krippendorff_nominal_2obs_12units", 2),
        ("fleiss_1971_psychiatric_diagnoses", 1),
        ("shrout_fleiss_1979", 1),
        ("gwet_ac1_prevalence_paradox", 2),
        ("cohen_weighted_sas_3x3", 1),
        ("cohen_wikipedia_1", 1),
        ("cohen_wikipedia_2", 1),
        ("cohen_wikipedia_3", 1),
    ],
)
def test_published_values_are_met(case, expected, shared_data, signal_table):
    data = json.loads((shared_data / "reference_values" / f"{case}.json").read_text(encoding="utf-8"))
    wanted = {name: value["computed"] for name, value in data["expected"].items() if name in METRICS}
    assert len(wanted) == expected
    for name, value in wanted.items():
        metric, level = METRICS[name]
        found = score(signal_table(rows_at(ratings_of(data["input"]), level)), dimension(level))
        assert found[metric].value == pytest.approx(value, abs=1e-6), name


def test_published_degenerate_cases_are_met(shared_data, signal_table):
    path = shared_data / "reference_values" / "degenerate_basic.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    checked = 0
    for name, value in data["expected"].items():
        case, _, wanted = name.partition(".")
        if wanted not in METRICS:
            continue
        metric, level = METRICS[wanted]
        ratings = data["input"]["cases"][case]["ratings"]
        found = score(signal_table(rows_at(ratings, level)), dimension(level))[metric]
        assert found.value == (value["computed"] and pytest.approx(value["computed"], abs=1e-6)), name
        assert (found.reason is None) == (found.value is not None)
        checked += 1
    assert checked == 9


def test_a_real_data_set_gives_its_published_figures(shared_data, signal_table):
    lines = (shared_data / "pandalm_testset" / "pairs.jsonl").read_text(encoding="utf-8").split("\n")
    pairs = [json.loads(line) for line in lines if line]
    labels = {0: "tie", 1: "first", 2: "second"}
    ratings = {f"annotator{n}": [labels[pair[f"annotator{n}"]] for pair in pairs] for n in (1, 2, 3)}
    rows = [{**row, "output": "a", "other_output": "b"} for row in rows_of(ratings, "label")]
    found = score(
        signal_table(rows), dimension(kind="preference", labels=("first", "second", "tie"), per="pair")
    )
    assert found["alpha"].value == pytest.approx(0.864221, abs=1e-6)
    kappas = {(pair["a"], pair["b"]): pair["kappa"] for pair in found["kappa"].details["pairs"]}
    assert kappas == {
        ("annotator1", "annotator2"): pytest.approx(0.852023, abs=1e-6),
        ("annotator1", "annotator3"): pytest.approx(0.878944, abs=1e-6),
        ("annotator2", "annotator3"): pytest.approx(0.861661, abs=1e-6),
    }
    assert found["kappa"].value == pytest.approx(sum(kappas.values()) / 3)
    details = found["alpha"].details
    assert (details["units"], details["raters"], details["ratings"]) == (999, 3, 2997)


tables = st.integers(2, 6).flatmap(
    lambda raters: st.lists(
        st.lists(st.none() | st.integers(0, 5), min_size=raters, max_size=raters), min_size=1, max_size=12
    )
)


@settings(max_examples=150, deadline=None)
@given(tables, st.sampled_from(LEVELS))
def test_alpha_agrees_with_the_reference_implementation(table, level):
    grid = np.array([[np.nan if value is None else value for value in row] for row in table]).T
    units = np.repeat(np.arange(len(table)), [len(row) for row in table])
    values = grid.T.ravel()
    sizes = np.array([sum(value is not None for value in row) for row in table])
    keep = ~np.isnan(values) & (sizes[units] > 1)
    found = krippendorff_alpha(units[keep], values[keep], level)
    if np.unique(values[keep]).size < 2:
        assert found is None
        return
    assert found == pytest.approx(krippendorff.alpha(grid, level_of_measurement=level), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_kappa_agrees_with_its_definition(cells):
    joint = np.zeros((4, 4))
    for a, b in cells:
        joint[a, b] += 1
    share = joint / joint.sum()
    by_chance = float(share.sum(axis=0) @ share.sum(axis=1))
    units = np.repeat(np.arange(len(cells)), 2)
    raters = np.tile([0, 1], len(cells))
    ratings = cohen.Ratings(units, raters, np.array(cells, float).ravel(), ("a", "b"))
    (pair,) = cohen.pairwise_kappas(ratings)
    assert pair.n == len(cells)
    if np.count_nonzero(joint) == 1 and joint.trace():
        assert (pair.kappa, pair.reason) == (None, cohen.NO_VARIATION)
    else:
        assert pair.kappa == pytest.approx((share.trace() - by_chance) / (1 - by_chance), abs=1e-9)


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        ({}, NO_RATINGS),
        ({"a": [1, 2, 1]}, ONE_RATER),
        ({"a": [1, None], "b": [None, 1]}, NO_PAIRED_UNIT),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_what_cannot_be_said_is_none_with_the_reason(ratings, reason, level, signal_table):
    found = score(signal_table(rows_at(ratings, level)), dimension(level))
    assert {one.value for one in found.values()} == {None}
    assert {one.reason for one in found.values()} == {reason}


@pytest.mark.parametrize("level", LEVELS)
def test_ratings_without_variation_have_raw_agreement_only(level, signal_table):
    found = score(signal_table(rows_at({"a": [1, 1], "b": [1, 1]}, level)), dimension(level))
    assert (found["alpha"].value, found["alpha"].reason) == (None, NO_VARIATION)
    assert found["percent_agreement"].value == 1.0
    expected = NO_DEFINED_PAIR if level in ("nominal", "ordinal") else NOT_CATEGORIES
    assert (found["kappa"].value, found["kappa"].reason) == (None, expected)


def test_every_pair_of_annotators_says_its_kappa_or_why_there_is_none(signal_table):
    ratings = {
        "a": [1, 2, 1, None],
        "b": [1, 2, 2, None],
        "c": [None, None, None, 1],
        "d": [1, None, None, None],
    }
    kappa = score(signal_table(rows_at(ratings, "nominal")), dimension())["kappa"]
    pairs = {
        pair["a"] + pair["b"]: (pair["n"], pair["kappa"], pair["reason"]) for pair in kappa.details["pairs"]
    }
    assert pairs == {
        "ab": (3, pytest.approx(0.4), None),
        "ac": (0, None, cohen.NO_SHARED_UNIT),
        "ad": (1, None, cohen.NO_VARIATION),
        "bc": (0, None, cohen.NO_SHARED_UNIT),
        "bd": (1, None, cohen.NO_VARIATION),
        "cd": (0, None, cohen.NO_SHARED_UNIT),
    }
    assert kappa.value == pytest.approx(0.4)
    assert (kappa.details["pairs_defined"], kappa.details["pairs_not_listed"]) == (1, 0)


def test_a_crowd_lists_its_most_overlapping_pairs_and_counts_the_rest(signal_table):
    ratings = {f"r{n:02d}": [n % 3, 1] for n in range(40)}
    details = score(signal_table(rows_at(ratings, "nominal")), dimension())["kappa"].details
    assert len(details["pairs"]) == 500
    assert details["pairs_not_listed"] == 40 * 39 // 2 - 500


def test_the_order_of_rows_changes_nothing(signal_table):
    made = random.Random(1)
    ratings = {rater: [made.choice([None, 0.1, 0.7, 1.3]) for _ in range(60)] for rater in "abcde"}
    for level in LEVELS:
        rows = rows_at(ratings, level)
        shuffled = made.sample(rows, len(rows))
        assert score(signal_table(rows), dimension(level)) == score(signal_table(shuffled), dimension(level))


@pytest.mark.parametrize("column", ["output", "other_output", "turn", "index"])
def test_what_is_rated_differs_by_output_turn_and_index(column, signal_table):
    rows = [
        {
            "item": "i",
            "annotator": rater,
            "schema": "asked",
            "dimension": "answer",
            "label": label,
            column: part,
        }
        for rater in "ab"
        for part, label in ((1, "x"), (2, "y"))
    ]
    if "output" in column:
        rows = [{**row, column: str(row[column])} for row in rows]
    found = score(signal_table(rows), dimension())
    assert found["alpha"].details["units"] == 2
    assert found["alpha"].value == 1.0


@pytest.mark.parametrize("purpose", ["repeat", "gold", "practice", "judge", "adjudication", None])
def test_only_votes_count(purpose, signal_table):
    rows = [{**row, "purpose": purpose} for row in rows_of({"a": ["x"], "b": ["y"]}, "label")]
    assert score(signal_table(rows), dimension())["alpha"].reason == NO_RATINGS


def test_other_dimensions_and_schemas_do_not_mix_in(signal_table):
    rows = rows_of({"a": ["x", "y"], "b": ["x", "y"]}, "label")
    others = [{**row, "dimension": "other", "annotator": "c"} for row in rows]
    others += [{**row, "schema": "again", "annotator": "d"} for row in rows]
    assert score(signal_table(rows + others), dimension())["alpha"].details["raters"] == 2


@pytest.mark.parametrize("kind", ["text", "critique", "revision"])
def test_texts_have_no_agreement(kind, signal_table):
    assert score(signal_table([]), dimension("none", kind)) == {}
    assert score(signal_table([]), dimension("nominal", kind)) == {}


def test_steps_are_compared_by_value(signal_table):
    found = score(signal_table(rows_of({"a": [1.0, -1.0], "b": [1.0, 0.0]}, "value")), dimension(kind="step"))
    assert found["percent_agreement"].value == 0.5


def test_ordered_labels_are_compared_by_their_place(signal_table):
    place = dimension("ordinal", labels=("poor", "fair", "good"))
    words = rows_of({"a": ["poor", "good", "fair"], "b": ["fair", "good", "poor"]}, "label")
    numbers = rows_of({"a": [0, 2, 1], "b": [1, 2, 0]}, "value")
    assert score(signal_table(words), place)["alpha"] == score(signal_table(numbers), place)["alpha"]


def test_several_labels_by_one_annotator_are_one_set(signal_table):
    rows = rows_of({"a": ["x", "z"], "b": ["y", "z"]}, "label") + rows_of({"a": ["y"], "b": ["x"]}, "label")
    found = score(signal_table(rows), dimension())
    assert found["alpha"].value == 1.0
    assert found["alpha"].details["ratings"] == 4


def test_spans_are_left_out(signal_table):
    rows = [{**row, "start": 3, "end": 9} for row in rows_of({"a": ["x"], "b": ["x"]}, "label")]
    assert score(signal_table(rows), dimension())["alpha"].reason == NO_RATINGS


def test_values_that_are_no_numbers_are_left_out(signal_table):
    ratings = {"a": [1.0, 2.0, float("nan"), float("inf")], "b": [1.0, 2.0, 1.0, 1.0]}
    found = score(signal_table(rows_of(ratings, "value")), dimension("interval"))
    assert found["alpha"].value == 1.0
    assert found["alpha"].details["ratings"] == 6


def test_large_numbers_keep_their_differences(signal_table):
    small = {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 4.0]}
    large = {rater: [1e9 + value for value in values] for rater, values in small.items()}
    alphas = [
        score(signal_table(rows_of(t, "value")), dimension("interval"))["alpha"].value for t in (small, large)
    ]
    assert alphas[0] == pytest.approx(alphas[1], abs=1e-6)


def test_scores_name_the_project_and_the_dimension_and_are_json(signal_table):
    places = (dimension(), ProjectDimension("other", Dimension("grade", "scalar", "interval")))
    data = ScoringData(
        "p1", places, signals=signal_table(rows_of({"a": ["x", "y"], "b": ["x", "x"]}, "label"))
    )
    scores = list(Agreement().SCORE(data))
    assert {(one.subject, one.dimension) for one in scores} == {("p1", "asked.answer"), ("p1", "other.grade")}
    assert len(scores) == 6
    json.dumps([[one.value, dict(one.details)] for one in scores], allow_nan=False)


def test_an_empty_project_has_no_scores():
    assert list(Agreement().SCORE(ScoringData("p1"))) == []
    assert list(Agreement().SCORE(ScoringData("p1", signals=SIGNAL_COLUMNS.empty_table()))) == []
