from datetime import UTC, datetime

import pyarrow as pa
import pytest

from rlflow_core.plugin_api import (
    MESSAGES,
    Consensus,
    DatasetInfo,
    Dimension,
    Message,
    OutputView,
    ProjectDimension,
    Record,
    Segment,
    Signal,
    TaskView,
    ValidationError,
    Vote,
)
from rlflow_plugins.exporters.rlhf import Rlhf

QUALITY = ProjectDimension("quality", Dimension("value", "scalar", "interval", per="output"))
CHOICE = ProjectDimension("preference", Dimension("choice", "preference", "nominal", per="pair"))
RANK = ProjectDimension("order", Dimension("rank", "rank", "ordinal", better="lower", per="output"))
STEP = ProjectDimension("process", Dimension("step", "step", "ordinal", per="segment"))
VERDICT = ProjectDimension(
    "ok",
    Dimension("verdict", "label", "nominal", labels=("good", "bad"), minimum=0, maximum=1, better="higher"),
)
TOPIC = ProjectDimension("topic", Dimension("name", "label", "nominal", labels=("a", "b")))
NOTE = ProjectDimension("process", Dimension("note", "critique", "none", per="segment"))
WHY = ProjectDimension("why", Dimension("text", "text", "none"))

QUESTION = (Message("user", "Why?"),)
SPLIT = tuple(Segment(index, "step", text) for index, text in enumerate(("Scat", "ter", "ing.")))
A = OutputView("a", "Scattering.", index=0, model_id="m-1", segments=SPLIT)
B = OutputView("b", "", index=1)
C = OutputView("c", "The sea.", index=2)


def info(*dimensions, headline=None, **values):
    return DatasetInfo("p1", "Sky", "qa", dimensions=dimensions, headline=headline, **values)


def vote(number=1, **signals):
    return Vote(
        f"f{number}", 1, f"ann-{number}", "human", "ui", {}, 1.0, datetime(2025, 1, 1, tzinfo=UTC),
        signals={schema: tuple(given) for schema, given in signals.items()},
    )  # fmt: skip


def record(*consensus, outputs=(A, B), votes=(), item="i1", messages=QUESTION, **task):
    view = TaskView(task.pop("id", "t1"), 1, {}, messages=messages, **task)
    return Record(item, view, outputs, consensus, votes or (vote(),))


class Selection:
    """Records that count what was left out."""

    def __init__(self, known, records):
        self.info, self.found, self.dropped = known, records, []

    def records(self):
        return iter(self.found)

    def drop(self, reason):
        self.dropped.append(reason)


def rows(known, *records, **config):
    exporter, selection = Rlhf(config), Selection(known, records)
    batches = list(exporter.BATCHES(selection))
    assert list(exporter.CHECK(batches, known)) == []
    return [row for batch in batches for row in batch.to_pylist()], selection.dropped


def test_every_output_is_a_row_with_its_mean_and_interval():
    means = [Consensus("i1", "quality", "value", "a", value=3.5, interval=(1.0, 6.0), n=2)]
    (a, b), _ = rows(info(QUALITY, headline=QUALITY), record(*means, key="k", tags=("x",), metadata={"n": 1}))
    assert (a["prompt"], a["completion"], a["reward_scalar"], a["votes"]) == ("Why?", "Scattering.", 3.5, 1)
    assert (a["quality_value"], a["quality_value_n"]) == (3.5, 2)
    assert (a["quality_value_low"], a["quality_value_high"]) == (1.0, 6.0)
    assert (a["task_id"], a["task_key"], a["output_id"], a["model_id"]) == ("t1", "k", "a", "m-1")
    assert (a["tags"], a["metadata"]) == (["x"], '{"n":1}')
    assert (b["reward_scalar"], b["quality_value"], b["quality_value_n"]) == (None, None, 0)
    assert list(a) == list(b)


def test_a_preference_speaks_for_one_output_and_against_the_other():
    said = Consensus("i1", "preference", "choice", "a", "b", label="first", value=2.0, probability=0.75, n=4)
    (a, b), _ = rows(info(CHOICE), record(said))
    assert [a["reward_scalar"], b["reward_scalar"]] == [2.0, -2.0]
    assert [a["preference_choice_agreement"], b["preference_choice_agreement"]] == [0.75, 0.75]
    assert [a["preference_choice_n"], b["preference_choice_n"]] == [4, 4]


def test_an_output_of_several_comparisons_is_one_row_weighted_by_their_votes():
    first = Consensus("i1", "preference", "choice", "a", "b", label="first", value=3.0, n=1)
    second = Consensus("i2", "preference", "choice", "a", "c", label="second", value=-1.0, n=3)
    together = [record(first, outputs=(A, B)), record(second, outputs=(A, C), item="i2")]
    found, _ = rows(info(CHOICE), *together, record(outputs=(A,), id="t2"))
    values = {(row["task_id"], row["output_id"]): (row["reward_scalar"], row["votes"]) for row in found}
    assert values == {
        ("t1", "a"): (0.0, 2), ("t1", "b"): (-3.0, 1), ("t1", "c"): (1.0, 1), ("t2", "a"): (None, 1),
    }  # fmt: skip


def test_ranks_count_below_zero_so_that_the_first_is_the_greatest():
    ranks = [
        Consensus("i1", "order", "rank", "a", value=1.0, n=1),
        Consensus("i1", "order", "rank", "b", value=2.0, n=1),
    ]
    (a, b), _ = rows(info(RANK), record(*ranks))
    assert (a["order_rank"], a["reward_scalar"], b["reward_scalar"]) == (1.0, -1.0, -2.0)


def test_steps_are_a_list_as_long_as_the_output_with_null_where_nobody_labelled():
    steps = [Consensus("i1", "process", "step", "a", index=n, value=v, n=1) for n, v in ((0, 1.0), (1, -1.0))]
    (a, b), _ = rows(info(STEP), record(*steps))
    assert (a["process_step"], b["process_step"]) == ([1.0, -1.0, None], None)
    assert (a["steps"], b["steps"]) == (["Scat", "ter", "ing."], [""])
    assert a["reward_scalar"] == 0.0


def test_the_final_answer_is_no_step_and_has_no_place_among_the_labels():
    solved = OutputView("a", "One.\nTwo.\n#### 2", segments=(
        Segment(0, "step", "One.\n"), Segment(1, "step", "Two.\n"), Segment(2, "answer", "#### 2"),
    ))  # fmt: skip
    steps = [Consensus("i1", "process", "step", "a", index=n, value=v, n=1) for n, v in ((0, 1.0), (1, 0.0))]
    (row,), _ = rows(info(STEP, NOTE), record(*steps, outputs=(solved,)))
    assert (row["steps"], row["process_step"]) == (["One.\n", "Two.\n"], [1.0, 0.0])
    assert row["process_note"] == [None, None]


def test_notes_stand_at_their_steps_from_all_who_wrote_any():
    steps = [Consensus("i1", "process", "step", "a", index=n, value=v, n=2) for n, v in ((0, 1.0), (1, -1.0))]

    def noted(number, *texts):
        return vote(number, process=[Signal("note", "critique", "a", index=n, text=t) for n, t in texts])

    votes = (noted(1, (1, "No.")), noted(2, (0, "é"), (1, "Why?")), noted(3))
    (a, b), _ = rows(info(STEP, NOTE), record(*steps, votes=votes))
    assert a["process_note"] == [["é"], ["No.", "Why?"], None]
    assert len(a["process_note"]) == len(a["process_step"]) == len(a["steps"])
    assert b["process_note"] == [None]
    flat = rows(info(STEP, NOTE, container="csv"), record(*steps, votes=votes))[0][0]
    assert (flat["process_note"], flat["steps"]) == ('[["é"],["No.","Why?"],null]', '["Scat","ter","ing."]')


def test_an_output_without_steps_is_one_step_as_a_whole():
    whole = Consensus("i1", "process", "step", "c", value=-1.0, n=1)
    note = vote(process=[Signal("note", "critique", "c", text="All of it.")])
    (row,), _ = rows(info(STEP, NOTE), record(whole, outputs=(C,), votes=(note,)))
    assert (row["steps"], row["process_step"], row["process_note"]) == (
        ["The sea."],
        [-1.0],
        [["All of it."]],
    )


def test_without_questions_about_steps_there_is_no_list_of_them():
    assert "steps" not in Rlhf().PLAN(info(QUALITY, CHOICE)).names


def test_labels_that_stand_for_numbers_are_rewards_and_others_are_not():
    said = Consensus("i1", "ok", "verdict", "a", label="good", probability=2 / 3, n=3)
    verdict = Signal("verdict", "label", "a", label="good", value=1.0)
    worse = Signal("verdict", "label", "a", label="bad", value=0.0)
    votes = (vote(1, ok=[verdict]), vote(2, ok=[verdict]), vote(3, ok=[worse]))
    (a, b), _ = rows(info(TOPIC, VERDICT), record(said, votes=votes))
    assert (a["ok_verdict"], a["ok_verdict_mean"], a["reward_scalar"]) == ("good", 2 / 3, 2 / 3)
    assert (b["ok_verdict"], b["reward_scalar"], b["topic_name"]) == (None, None, None)
    assert "topic_name_mean" not in a


def test_rationales_are_those_on_the_task_and_on_this_output():
    votes = (
        vote(1, why=[Signal("text", "text", text="Both fine.")]),
        vote(2, why=[Signal("text", "text", "b", text="Empty.")]),
    )
    (a, b), _ = rows(info(WHY), record(votes=votes))
    assert (a["rationale"], a["rationales"]) == ("Both fine.", ["Both fine."])
    assert (b["rationale"], b["rationales"]) == ("Both fine.", ["Both fine.", "Empty."])


def test_what_has_no_reward_or_no_text_may_be_left_out():
    means = [Consensus("i1", "quality", "value", "b", value=1.0, n=1)]
    one = record(*means)
    assert [r["output_id"] for r in rows(info(QUALITY), one, without_reward="drop")[0]] == ["b"]
    assert rows(info(QUALITY), one, empty_answers="drop", without_reward="drop") == (
        [],
        ["no reward", "empty answer"],
    )


def test_conversations_become_messages_in_every_row_and_json_text_in_csv():
    talk = (Message("system", "Be brief."), Message("user", "Why?"))
    known = info(roles=("system", "user"), max_messages=2)
    (a, _), _ = rows(known, record(messages=talk))
    assert a["completion"] == [{"role": "assistant", "content": "Scattering."}]
    assert Rlhf().PLAN(known).field("prompt").type == MESSAGES
    (flat, _), _ = rows(
        info(STEP, roles=("system", "user"), max_messages=2, container="csv"), record(messages=talk)
    )
    assert flat["prompt"] == '[{"role":"system","content":"Be brief."},{"role":"user","content":"Why?"}]'
    assert flat["rationales"] == "[]"
    with pytest.raises(ValidationError, match="Choose auto or conversational"):
        Rlhf({"format": "standard"}).PLAN(known)


def test_no_column_meets_another_or_a_name_that_trainers_act_on():
    def named(schema, name):
        return ProjectDimension(schema, Dimension(name, "scalar", "interval"))

    known = info(
        named("input", "ids"), named("task", "id"), named("a", "b_c"), named("a_b", "c"), named("a_b", "c_n")
    )
    names = Rlhf().PLAN(known).names
    assert len(names) == len(set(names))
    assert {"input_ids_", "task_id_", "a_b_c", "a_b_c_"} < set(names)
    assert not {"input_ids", "margin", "label", "messages"} & set(names)


def test_a_file_that_a_trainer_would_stumble_over_is_named():
    known = info(QUALITY)
    good = rows(known, record())[0][0]
    bad = [
        {**good, "prompt": ""},
        {**good, "completion": None},
        {**good, "reward_scalar": float("inf")},
        {**good, "votes": 0},
    ]
    batch = pa.RecordBatch.from_pylist(bad, schema=Rlhf().PLAN(known))
    assert list(Rlhf().CHECK([batch], known)) == [
        "Row 1: prompt is empty.",
        "Row 2: completion has no value.",
        "Row 3: reward_scalar is inf.",
        "Row 4: there is no vote behind it.",
    ]
    assert "The columns are" in next(iter(Rlhf().CHECK([batch.select(["prompt"])], known)))
