"""The same tasks come in from every kind of file, packed or not; what does not fit is named by its row."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from import_scene import PAIR, ImportScene, as_file, only
from people import Cast
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobLost
from rlflow_core.jobs.run import run_job
from rlflow_core.models import AgentOutput, Feedback, FeedbackRevision, Job, Task
from rlflow_core.services import imports
from rlflow_core.services.import_sources import entries

NASTY = 'a\u2028b\u0085c\r\nd\re, "f"; \'g\t=1 👩'
ROWS: list[dict[str, Any]] = [
    {
        "key": "one",
        "prompt": NASTY,
        "context": "=1+1",
        "outputs": [{"output": "first", "model_id": "m-1"}, {"output": "", "model_id": "m-2"}],
        "tags": ["easy", "short"],
        "metadata": {"from": "here", "n": "7"},
        "priority": 3,
        "feedback": [{"annotator": "ann", "preference": "first", "seconds": 2.5}],
    },
    {"key": "two", "prompt": "?", "outputs": [{"output": "x"}, {"output": "007"}]},
]


@pytest.fixture
def scene(cast: Cast) -> Iterator[ImportScene]:
    with cast.app.app_context():
        yield ImportScene(cast.alice)


@pytest.fixture
def light(sqlite_cast: Cast) -> Iterator[ImportScene]:
    """A scene on SQLite, for what does not depend on the database."""
    with sqlite_cast.app.app_context():
        yield ImportScene(sqlite_cast.alice)


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line as cells by columns."""
    cells = {name: row[name] for name in ("key", "prompt", "context", "priority") if name in row}
    for number, output in enumerate(row["outputs"], start=1):
        cells[f"output_{number}"] = output["output"]
        cells[f"model_{number}"] = output.get("model_id")
    cells["tags"] = ", ".join(row.get("tags", ()))
    cells |= {f"metadata.{name}": value for name, value in row.get("metadata", {}).items()}
    for vote in row.get("feedback", ()):
        cells |= {f"vote.{name}": value for name, value in vote.items()}
    return cells


def as_csv(rows: Sequence[Mapping[str, Any]], delimiter: str = ",") -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_parquet(rows: Sequence[Mapping[str, Any]], **options: Any) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return bytes(sink.getvalue())


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


FILES = {
    "jsonl": as_file(ROWS),
    "json": json.dumps(ROWS, indent=2).encode(),
    "csv": as_csv([flat(row) for row in ROWS]),
    "tsv": as_csv([flat(row) for row in ROWS], "\t"),
    "parquet": as_parquet([flat(row) for row in ROWS]),
}
PACKED = {"": lambda data: data, ".gz": gzip.compress, ".zst": zstd}


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_holds_the_same_tasks(light: ImportScene, kind: str, packing: str) -> None:
    came_in(light, kind, packing)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_come_in_on_both_databases(scene: ImportScene, kind: str) -> None:
    came_in(scene, kind, "")


def came_in(scene: ImportScene, kind: str, packing: str) -> None:
    done = scene.run(PACKED[packing](FILES[kind]), f"tasks.{kind}{packing}")
    assert (done.tasks, done.outputs, done.empty_outputs, done.votes, done.refused) == (2, 4, 1, 1, 0)
    one, two = db.read.scalars(select(Task).order_by(Task.seq))
    assert (one.prompt, one.key, one.tags, one.priority) == (NASTY, "one", ["easy", "short"], 3)
    assert (one.meta, two.meta, two.prompt, two.tags) == ({"from": "here", "n": "7"}, {}, "?", [])
    outputs = db.read.execute(
        select(AgentOutput.output, AgentOutput.model_id)
        .join(Task, Task.id == AgentOutput.task_id)
        .order_by(Task.seq, AgentOutput.index)
    )
    assert [tuple(row) for row in outputs] == [("first", "m-1"), ("", "m-2"), ("x", None), ("007", None)]
    assert only(FeedbackRevision).response == {"preference": {"choice": "first"}}
    assert only(Feedback).active_ms == 2_500


def test_nested_columns_of_parquet_and_json_in_cells_are_taken(light: ImportScene) -> None:
    nested = as_parquet([{**ROWS[0], "metadata": {"at": datetime(2024, 3, 1, tzinfo=UTC), "none": None}}])
    cells = {
        "prompt": "?",
        "content": '{"context": "c"}',
        "outputs": '["a", {"output": "b"}]',
        "tags": '["x,y"]',
        "metadata": '{"n": 1}',
        "feedback": '[{"annotator": "bo", "preference": "tie"}]',
    }
    assert light.run(nested, "a.parquet").votes == 1
    assert light.run(as_csv([cells]), "a.csv").votes == 1
    first, second = db.read.scalars(select(Task).order_by(Task.seq))
    assert first.meta == {"at": "2024-03-01T00:00:00+00:00"}
    assert (second.tags, second.meta) == (["x,y"], {"n": 1})


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_map_renames_columns_and_leaves_the_others_out(light: ImportScene, kind: str) -> None:
    row = {"question": "?", "answer_a": "x", "answer_b": "y", "prompt": "old", "noise": "z"}
    columns = {"question": "prompt", "answer_a": "output_1", "answer_b": "output_2", "*": None}
    if kind == "jsonl":
        row = {"question": "?", "answers": ["x", "y"], "prompt": "old", "noise": "z"}
        columns = {"question": "prompt", "answers": "outputs", "*": None}
    data = as_csv([row]) if kind == "csv" else as_file([row])
    assert light.run(data, f"a.{kind}", columns).outputs == 2
    assert only(Task).prompt == "?"


BAD_ROWS = [
    ("prompt,output_1\n?,a,b", 2, "", "There are 3 cells, but the header names 2 columns."),
    ("prompt,\n?,a", 2, "", "A cell stands in a column that the header does not name."),
    ('prompt,output_1\n"x"y,a', 2, "", "Not CSV: "),
    ('prompt\n"never closed', 2, "", "Not CSV: unexpected end of data."),
    ("prompt,tone\n?,a", 2, "tone", "Unknown field. A line of this task type may have"),
    ("prompt,priority\n?,soon", 2, "priority", "Not a valid integer."),
    ("prompt,outputs,output_1\n?,[],a", 2, "outputs", "Outputs stand both in one column"),
    ("prompt,metadata,metadata.a\n?,text,a", 2, "metadata.a", "The column metadata holds no object."),
    ("prompt,metadata\n?,text", 2, "metadata", "Not a valid mapping type."),
    ("prompt\n\n ok \n\n" + "x\0y", 5, "prompt", "Contains the character U+0000"),
    ("prompt,output_1,output_2,vote.preference\n?,a,b,tie", 2, "feedback.0.annotator", "Missing data"),
]


@pytest.mark.parametrize(("text", "line", "field", "reason"), BAD_ROWS)
def test_a_row_that_does_not_fit_is_named_as_a_spreadsheet_numbers_it(
    light: ImportScene, text: str, line: int, field: str, reason: str
) -> None:
    done = light.run(text.encode(), "tasks.csv")
    (problem,) = done.problems
    assert (problem.line, problem.field, problem.reason[: len(reason)]) == (line, field, reason)


def test_a_row_that_is_not_utf8_is_named_and_the_next_one_read(light: ImportScene) -> None:
    done = light.run(b"prompt,output_1,output_2\ngr\xfcn,a,b\nred,a,b\n", "tasks.csv")
    (problem,) = done.problems
    assert (done.tasks, problem.line, problem.field) == (1, 2, "prompt")
    assert problem.reason.startswith("Not UTF-8: a character cannot be read.")


def test_formulas_of_our_own_csv_come_back_as_they_were(light: ImportScene) -> None:
    light.run(b"prompt\n\"'=1+1\"\n'single\n", "tasks.csv")
    assert list(db.read.scalars(select(Task.prompt).order_by(Task.seq))) == ["=1+1", "'single"]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[]", []),
        ("[ ]\n", []),
        ('\ufeff [{"prompt": "a]}"}]', []),
        ('[{"prompt": "\\"[{,\\\\"}, {"metadata": {"a": [1, {"b": 2}]}, "prompt": "b"}]', []),
        ('[{"prompt": "a"}, 7]', [(2, "Must be an object")]),
        (
            '[{"prompt": "a"},, {"prompt": "b"},]',
            [(2, "An element is missing"), (4, "An element is missing")],
        ),
        ('[{"prompt": "a"}, {"prompt": "b"', [(2, "The array ends in the middle")]),
        ('[{"prompt": "a"}] x', [(2, "Something stands after the end")]),
        ('[{"prompt": "a" "b"}, {"prompt": "b"}]', [(1, "Not JSON: ")]),
    ],
)
def test_elements_of_an_array_are_read_one_by_one(
    light: ImportScene, text: str, problems: list[tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Any byte may be the first of a block.
    monkeypatch.setattr("rlflow_core.services.import_sources.json_array.BLOCK", 1)
    done = light.run(text.encode(), "tasks.json")
    assert [
        (p.line, p.reason[: len(reason)]) for p, (_, reason) in zip(done.problems, problems, strict=True)
    ] == (problems)


def test_an_element_without_end_is_refused_and_the_next_one_read(
    light: ImportScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MAX_ENTRY", 1024 * 1024)
    done = light.run(json.dumps([{"prompt": "x" * 3_000_000}, PAIR]).encode(), "tasks.json")
    assert (done.tasks, done.problems[0].line) == (1, 1)
    assert done.problems[0].reason == "The line is longer than 1 MB."


def test_values_of_parquet_that_no_task_holds_are_named(light: ImportScene) -> None:
    rows = [{"prompt": "a", "metadata.raw": b"\x00"}, {"prompt": "b", "metadata.raw": None}]
    done = light.run(as_parquet(rows), "tasks.parquet")
    assert (done.tasks, done.problems[0].line, done.problems[0].field) == (1, 1, "metadata.raw")
    assert done.problems[0].reason.startswith("Holds bytes")


@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_a_killed_import_of_any_kind_goes_on_where_it_stopped(
    light: ImportScene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "BATCH_ENTRIES", 10)
    rows = [{"prompt": f"{n}?", "key": str(n)} for n in range(25)]
    data = {"csv": as_csv(rows), "parquet": as_parquet(rows), "json": json.dumps(rows).encode()}[kind]
    started = light.upload(data, f"tasks.{kind}")
    store, calls = imports.store, iter(range(3))

    def die_at_last(*arguments: Any) -> None:
        if next(calls) == 2:
            raise JobLost
        store(*arguments)

    monkeypatch.setattr(imports, "store", die_at_last)
    run_job(started.job_id)
    monkeypatch.setattr(imports, "store", store)
    db.transact(lambda session: setattr(session.get_one(Job, started.job_id), "heartbeat_at", None))
    run_job(started.job_id)
    done = imports.get(db.read, light.viewer, started.id)
    assert (done.state, done.tasks, done.refused) == ("done", 25, 0)
    assert list(db.read.scalars(select(Task.key).order_by(Task.seq))) == [str(n) for n in range(25)]
