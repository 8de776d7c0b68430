import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from rlflow_core.plugin_api import (
    DatasetInfo,
    Dimension,
    Message,
    OutputView,
    ProjectDimension,
    Record,
    Segment,
    Signal,
    TaskView,
    Vote,
)
from rlflow_plugins.exporters.table import Table

DIMENSIONS = (
    ProjectDimension("preference", Dimension("choice", "preference", "nominal", per="pair")),
    ProjectDimension("quality", Dimension("value", "scalar", "interval", per="output")),
    ProjectDimension("ok", Dimension("verdict", "label", "nominal", per="output")),
    ProjectDimension("process", Dimension("step", "step", "ordinal", per="segment")),
    ProjectDimension("process", Dimension("note", "critique", "none", per="segment")),
    ProjectDimension("why", Dimension("text", "text", "none")),
)
INFO = DatasetInfo("p1", "Sky", "qa", dimensions=DIMENSIONS)
AT = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
SPLIT = (Segment(0, "step", "Scatter"), Segment(1, "step", "ing."), Segment(2, "answer", "#### 2"))
A = OutputView("a", "Scattering.", index=0, model_id="m-1", segments=SPLIT)
B = OutputView("b", "The sea.", index=1)
TASK = TaskView("t1", 2, {}, (Message("user", "Why?"),), tags=("x",), metadata={"n": 1}, key="k")


def vote(number=1, **signals):
    return Vote(
        f"f{number}", 1, f"ann-{number}", "human", "ui", {"why": {"text": "é"}}, 2.5, AT,
        reward_scalar=0.5, rationale="Because.", quality_score=None,
        signals={schema: tuple(given) for schema, given in signals.items()},
    )  # fmt: skip


class Selection:
    """Records as they are."""

    def __init__(self, records, info=INFO):
        self.info, self.found = info, records

    def records(self):
        return iter(self.found)


def rows(*records, info=INFO, **config):
    exporter = Table(config)
    batches = list(exporter.BATCHES(Selection(records, info)))
    assert list(exporter.CHECK(batches, info)) == []
    return [row for batch in batches for row in batch.to_pylist()]


def test_each_vote_on_each_output_is_a_row_with_all_that_is_known():
    a, b = rows(Record("i1", TASK, (A, B), votes=(vote(),)))
    assert (a["feedback_id"], a["annotator"], a["annotator_kind"], a["purpose"]) == (
        "f1",
        "ann-1",
        "human",
        "vote",
    )
    assert (a["task_id"], a["task_key"], a["task_version"], a["item_id"]) == ("t1", "k", 2, "i1")
    assert [(row["output_id"], row["output_number"], row["model_id"]) for row in (a, b)] == [
        ("a", 1, "m-1"), ("b", 2, None),
    ]  # fmt: skip
    assert (a["seconds"], a["created_at"], a["source"]) == (2.5, AT, "ui")
    assert (a["prompt"], a["output"], b["output"]) == ("Why?", "Scattering.", "The sea.")
    assert (a["reward_scalar"], a["rationale"], a["quality_score"]) == (0.5, "Because.", None)
    assert json.loads(a["response"]) == {"why": {"text": "é"}}
    assert (json.loads(a["tags"]), json.loads(a["metadata"])) == (["x"], {"n": 1})


def test_measurements_stand_where_they_belong():
    given = vote(
        preference=[Signal("choice", "preference", "a", "b", label="second", value=-2.0)],
        quality=[Signal("value", "scalar", "b", value=4.0)],
        ok=[Signal("verdict", "label", "a", label="good", value=1.0)],
        process=[
            Signal("step", "step", "a", index=1, value=-1.0, label="wrong"),
            Signal("note", "critique", "a", index=1, start=0, end=3, text="no"),
        ],
        why=[Signal("text", "text", text="Both.")],
    )
    a, b = rows(Record("i1", TASK, (A, B), votes=(given,)))
    assert [(row["preference_choice"], row["preference_choice_label"]) for row in (a, b)] == [
        (-2.0, "rejected"), (2.0, "chosen"),
    ]  # fmt: skip
    assert [row["quality_value"] for row in (a, b)] == [None, 4.0]
    assert [row["ok_verdict"] for row in (a, b)] == ["good", None]
    assert [row["process_step"] for row in (a, b)] == ["[null,-1.0]", None]
    assert json.loads(a["process_note"]) == [{"output": "a", "index": 1, "start": 0, "end": 3, "text": "no"}]
    assert [row["why_text"] for row in (a, b)] == ["Both.", "Both."]


@pytest.mark.parametrize(
    ("segments", "indices", "cell"),
    [
        (SPLIT, (0, 1), "[1.0,1.0]"),
        (SPLIT, (0,), "[1.0,null]"),
        (SPLIT, (2,), "[null,null,1.0]"),
        ((), (None,), "[1.0]"),
        ((Segment(0, "turn", "x"), Segment(1, "turn", "y")), (1,), "[null,1.0]"),
        ((Segment(0, "turn", "x"), Segment(1, "turn", "y")), (None,), "[1.0]"),
        ((Segment(0, "tool_call", "x"), Segment(1, "step", "y")), (1,), "[1.0]"),
    ],
)
def test_there_is_one_label_a_step_and_none_for_what_is_no_step(segments, indices, cell):
    output = OutputView("a", "All.", segments=segments)
    labels = [Signal("step", "step", "a", index=index, value=1.0) for index in indices]
    (row,) = rows(Record("i1", TASK, (output,), votes=(vote(process=labels),)))
    assert row["process_step"] == cell


def test_a_tie_is_a_tie_for_both():
    tie = Signal("choice", "preference", "a", "b", label="tie", value=0.0)
    a, b = rows(Record("i1", TASK, (A, B), votes=(vote(preference=[tie]),)))
    assert [(row["preference_choice"], row["preference_choice_label"]) for row in (a, b)] == [
        (0.0, "tie")
    ] * 2
    assert str(b["preference_choice"]) == "0.0"


def test_an_adjudication_is_a_row_that_says_so():
    found = rows(Record("i1", TASK, (A,), votes=(vote(1), vote(2)), adjudication=vote(3)))
    assert [(row["feedback_id"], row["purpose"]) for row in found] == [
        ("f1", "vote"), ("f2", "vote"), ("f3", "adjudication"),
    ]  # fmt: skip


def test_texts_may_be_left_out():
    (row,) = rows(Record("i1", TASK, (A,), votes=(vote(),)), texts="drop")
    assert not {"prompt", "output"} & row.keys()


def test_conversations_are_json_text_in_every_row():
    info = DatasetInfo("p1", "Sky", "qa", max_messages=2, roles=("assistant", "user"))
    (row,) = rows(Record("i1", TASK, (A,), votes=(vote(),)), info=info)
    assert json.loads(row["prompt"]) == [{"role": "user", "content": "Why?"}]


def test_every_column_fits_every_kind_of_file():
    kinds = {field.type for field in Table().PLAN(INFO)}
    assert kinds == {pa.string(), pa.int64(), pa.float64(), pa.timestamp("us", tz="UTC")}


def test_a_vote_that_is_listed_twice_is_named():
    (row,) = rows(Record("i1", TASK, (A,), votes=(vote(),)))
    twice = pa.RecordBatch.from_pylist([row, {**row, "annotator": None}, row], schema=Table().PLAN(INFO))
    assert list(Table().CHECK([twice], INFO)) == [
        "Row 2: annotator has no value.",
        "Row 2: the vote f1 is listed twice.",
        "Row 3: the vote f1 is listed twice.",
    ]
