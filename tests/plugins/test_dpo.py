import pyarrow as pa
import pytest

from rlflow_core.plugin_api import (
    MESSAGES,
    DatasetInfo,
    Drop,
    Message,
    OutputView,
    Pair,
    TaskView,
    ValidationError,
)
from rlflow_plugins.exporters.dpo import Dpo

QUESTION = (Message("user", "Why is the sky blue?"),)
TALK = (
    Message("system", "Be brief."),
    Message("user", "Hi."),
    Message("assistant", "Hi."),
    Message("user", "Why?"),
)

ONE_QUESTION = DatasetInfo("p1", "Sky", "qa")
CONVERSATIONS = DatasetInfo("p1", "Sky", "qa", max_messages=4, roles=("assistant", "system", "user"))


def pair(chosen="Scattering.", rejected="The sea.", messages=QUESTION):
    task = TaskView("t1", 1, {"prompt": "?"}, messages=messages)
    return Pair(
        "i1", task, OutputView("a", chosen), OutputView("b", rejected, index=1), "preference", "choice"
    )


class Selection:
    """A selection of pairs that counts what was left out."""

    def __init__(self, info, pairs):
        self.info, self.rows, self.dropped = info, pairs, []

    def pairs(self, policy="all"):
        return iter(self.rows)

    def drop(self, reason):
        self.dropped.append(reason)


def export(exporter, info, *pairs):
    selection = Selection(info, pairs)
    return list(exporter.BATCHES(selection)), selection.dropped


@pytest.mark.parametrize("config", [{"format": "chat"}, {"empty_answers": "fill"}, {"margin": True}])
def test_a_config_that_does_not_fit_is_refused(config):
    with pytest.raises(ValidationError):
        Dpo(config)


@pytest.mark.parametrize(
    ("format_", "info", "column"),
    [
        ("auto", ONE_QUESTION, pa.string()),
        ("auto", CONVERSATIONS, MESSAGES),
        ("auto", DatasetInfo("p1", "Sky", "qa", max_messages=1, roles=("system", "user")), MESSAGES),
        ("standard", ONE_QUESTION, pa.string()),
        ("conversational", ONE_QUESTION, MESSAGES),
        ("conversational", CONVERSATIONS, MESSAGES),
    ],
)
def test_the_whole_selection_decides_the_columns(format_, info, column):
    plan = Dpo({"format": format_}).PLAN(info)
    assert plan == pa.schema([("prompt", column), ("chosen", column), ("rejected", column)])


def test_conversations_cannot_become_plain_text():
    with pytest.raises(ValidationError, match="Choose auto or conversational") as refusal:
        Dpo({"format": "standard"}).PLAN(CONVERSATIONS)
    assert list(refusal.value.normalized_messages()) == ["format"]


def test_plain_rows_hold_three_texts_and_nothing_else():
    (batch,), dropped = export(Dpo(), ONE_QUESTION, pair())
    assert batch.to_pylist() == [
        {"prompt": "Why is the sky blue?", "chosen": "Scattering.", "rejected": "The sea."}
    ]
    assert dropped == []


def test_a_question_among_conversations_is_a_conversation_too():
    (batch,), _ = export(Dpo(), CONVERSATIONS, pair(), pair(messages=TALK))
    rows = batch.to_pylist()
    assert rows[0]["prompt"] == [{"role": "user", "content": "Why is the sky blue?"}]
    assert [message["role"] for message in rows[1]["prompt"]] == ["system", "user", "assistant", "user"]
    assert rows[1]["chosen"] == [{"role": "assistant", "content": "Scattering."}]
    assert rows[1]["rejected"] == [{"role": "assistant", "content": "The sea."}]


def test_identical_answers_are_left_out_and_counted():
    batches, dropped = export(Dpo(), ONE_QUESTION, pair("Same.", "Same."), pair("Same.", "Same. "))
    assert sum(batch.num_rows for batch in batches) == 1
    assert dropped == ["identical answers"]


@pytest.mark.parametrize(("chosen", "rejected"), [("", "The sea."), ("Scattering.", " \n")])
def test_empty_answers_stay_unless_told_otherwise(chosen, rejected):
    assert export(Dpo(), ONE_QUESTION, pair(chosen, rejected))[1] == []
    assert export(Dpo({"empty_answers": "drop"}), ONE_QUESTION, pair(chosen, rejected)) == (
        [],
        ["empty answer"],
    )


@pytest.mark.parametrize("info", [ONE_QUESTION, CONVERSATIONS])
@pytest.mark.parametrize("messages", [(), (*QUESTION, Message("assistant", "It is."))])
def test_a_prompt_that_does_not_end_with_the_user_is_left_out(info, messages):
    assert export(Dpo(), info, pair(messages=messages)) == ([], ["prompt does not end with the user"])


def test_a_conversation_in_a_plain_file_is_left_out():
    exporter = Dpo()
    exporter.PLAN(ONE_QUESTION)
    assert exporter.ROW(pair(messages=TALK)) == Drop("prompt is a conversation")


def test_any_text_survives():
    text = "a\u2028b\n\"'\\ \U0001f600 ,;"
    (batch,), _ = export(Dpo(), ONE_QUESTION, pair(chosen=text))
    assert batch.to_pylist()[0]["chosen"] == text


@pytest.mark.parametrize("info", [ONE_QUESTION, CONVERSATIONS])
def test_what_was_written_passes_the_check(info):
    exporter = Dpo()
    batches, _ = export(exporter, info, *[pair(chosen=f"Answer {n}") for n in range(2500)])
    assert [batch.num_rows for batch in batches] == [1000, 1000, 500]
    assert list(exporter.CHECK(batches, info)) == []


def plain(*rows, **types):
    schema = pa.schema([(name, types.get(name, pa.string())) for name in ("prompt", "chosen", "rejected")])
    return pa.RecordBatch.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema
    )


def chat(prompt, chosen=(("assistant", "A"),), rejected=(("assistant", "B"),)):
    columns = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    row = {
        name: [{"role": role, "content": content} for role, content in messages]
        for name, messages in columns.items()
    }
    return pa.RecordBatch.from_pylist([row], schema=pa.schema([(name, MESSAGES) for name in columns]))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("p", "same", "same"), "Row 3: chosen and rejected are the same."),
        (("", "c", "r"), "Row 3: prompt is empty."),
        ((None, "c", "r"), "Row 3: prompt has no value."),
        (("p", None, None), "Row 3: chosen, rejected has no value."),
    ],
)
def test_a_bad_row_is_named_by_its_number_across_batches(row, problem):
    batches = [plain(("p", "c", "r"), ("p", "c", "")), plain(row, ("p", "c", "r"))]
    assert list(Dpo().CHECK(batches, ONE_QUESTION)) == [problem]


@pytest.mark.parametrize(
    ("batch", "problem"),
    [
        (chat([("user", "?")], rejected=[("assistant", "A")]), "chosen and rejected are the same."),
        (chat([]), "prompt is empty."),
        (chat([("user", "?"), ("assistant", "!")]), "prompt does not end with a user message."),
        (chat([("human", "?"), ("user", "?")]), "prompt has the role 'human'"),
        (chat([("user", None)]), "prompt has a message without role or content."),
        (chat([("user", "?")], chosen=[]), "chosen must be one assistant message."),
        (chat([("user", "?")], chosen=[("user", "A")]), "chosen must be one assistant message."),
    ],
)
def test_a_bad_conversation_is_named(batch, problem):
    (found,) = Dpo().CHECK([batch], CONVERSATIONS)
    assert found.startswith(f"Row 1: {problem}")


@pytest.mark.parametrize(
    "batch",
    [
        plain(("p", "c", 1), rejected=pa.int64()),
        plain(("p", "c", "r")).select(["prompt", "chosen"]),
        plain(("p", "c", "r")).select(["chosen", "prompt", "rejected"]),
        plain(("p", "c", "r")).append_column("margin", pa.array([1.0])),
        chat([("user", "?")]),
    ],
)
def test_other_columns_or_types_are_refused(batch):
    (problem,) = Dpo().CHECK([batch], ONE_QUESTION)
    assert "should be prompt: string, chosen: string, rejected: string" in problem


def test_a_file_without_rows_is_a_valid_file() -> None:
    assert list(Dpo().CHECK([], ONE_QUESTION)) == []


def test_the_file_survives_parquet(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    exporter = Dpo()
    batches, _ = export(exporter, CONVERSATIONS, pair(messages=TALK))
    path = tmp_path / "train.parquet"
    pq.write_table(pa.Table.from_batches(batches), path)
    assert list(exporter.CHECK(pq.ParquetFile(path).iter_batches(), CONVERSATIONS)) == []
