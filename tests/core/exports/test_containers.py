"""Every container writes what the others and the usual readers read, and refuses what it cannot hold."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlflow_core.services.exports.containers import CONTAINERS
from rlflow_core.services.exports.failed import ExportFailed

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
FLAT = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.int64()),
        ("share", pa.float64()),
        ("is_good", pa.bool_()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
        ("long", pa.large_string()),
    ]
)
NESTED = pa.schema([("prompt", MESSAGES), ("times", pa.list_(pa.timestamp("us", tz="UTC")))])
MOMENT = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x",
    " =1", '"=1', "'=1", "\u00a0=1", "''=1",
]  # fmt: skip
HARMLESS = ["a=1", "1-1", "", "'", "'quoted'", "x\n=1", "naïve \u2028 line", 'say "hi", twice', "\\"]


def rows_of(texts: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "text": text,
            "number": -(2**63) + place,
            "share": -0.1 * place,
            "is_good": place % 2 == 0,
            "at": MOMENT,
            "day": date(2025, 1, 2),
            "long": text,
        }
        for place, text in enumerate(texts)
    ]


FLAT_ROWS = [*rows_of([*FORMULAS, *HARMLESS]), dict.fromkeys(FLAT.names)]
NESTED_ROWS = [
    {
        "prompt": [{"role": "user", "content": "=1"}, {"role": "assistant", "content": None}],
        "times": [MOMENT],
    },
    {"prompt": [], "times": []},
    {"prompt": None, "times": None},
]


def write(container: str, path: Path, schema: pa.Schema, rows: list[dict[str, Any]], batch: int = 7) -> Path:
    with path.open("wb") as file:
        writer = CONTAINERS[container].writer(file, schema)
        for start in range(0, len(rows), batch):
            writer.write(pa.RecordBatch.from_pylist(rows[start : start + batch], schema=schema))
        writer.close()
    return path


@pytest.mark.parametrize(
    ("container", "schema", "rows"),
    [
        ("jsonl", FLAT, FLAT_ROWS),
        ("jsonl", NESTED, NESTED_ROWS),
        ("parquet", FLAT, FLAT_ROWS),
        ("parquet", NESTED, NESTED_ROWS),
        ("csv", FLAT, FLAT_ROWS),
        ("csv", pa.schema([("only", pa.string())]), [{"only": "a"}, {"only": None}, {"only": ""}]),
    ],
)
def test_what_was_written_is_read_back(
    tmp_path: Path, container: str, schema: pa.Schema, rows: list[dict[str, Any]]
) -> None:
    path = write(container, tmp_path / "file", schema, rows)
    batches = list(CONTAINERS[container].read(path, schema))
    assert all(batch.schema.equals(schema) for batch in batches)
    assert [row for batch in batches for row in batch.to_pylist()] == rows


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_without_rows_is_valid(tmp_path: Path, container: str) -> None:
    path = write(container, tmp_path / "file", FLAT, [])
    assert sum(batch.num_rows for batch in CONTAINERS[container].read(path, FLAT)) == 0


def test_an_empty_parquet_file_has_its_columns_and_empty_jsonl_no_bytes(tmp_path: Path) -> None:
    assert pq.read_schema(write("parquet", tmp_path / "a.parquet", NESTED, [])).equals(NESTED)
    assert write("jsonl", tmp_path / "a.jsonl", NESTED, []).read_bytes() == b""


def test_csv_makes_formulas_harmless(tmp_path: Path) -> None:
    text = write("csv", tmp_path / "file.csv", FLAT, FLAT_ROWS).read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["text"] for row in rows[: len(FORMULAS)]] == [f"'{formula}" for formula in FORMULAS]
    assert [row["long"] for row in rows[len(FORMULAS) : -1]] == HARMLESS
    assert rows[0]["number"] == str(-(2**63))
    assert text.splitlines()[0] == '"text","number","share","is_good","at","day","long"'


@pytest.mark.parametrize("container", ["jsonl", "parquet"])
def test_only_csv_changes_texts(tmp_path: Path, container: str) -> None:
    path = write(container, tmp_path / f"file.{container}", FLAT, FLAT_ROWS)
    frame = pd.read_json(path, lines=True) if container == "jsonl" else pd.read_parquet(path)
    assert frame["text"].tolist()[:-1] == [*FORMULAS, *HARMLESS]


def test_jsonl_has_one_line_for_each_row_with_every_column(tmp_path: Path) -> None:
    data = write("jsonl", tmp_path / "file", FLAT, FLAT_ROWS).read_bytes()
    assert data.count(b"\n") == len(FLAT_ROWS)
    assert "naïve \u2028 line".encode() in data
    assert data.split(b"\n")[-2].count(b"null") == len(FLAT)


@pytest.mark.parametrize(
    ("container", "schema", "problem"),
    [
        ("csv", NESTED, "CSV cannot hold column prompt"),
        ("csv", pa.schema([("=cmd", pa.string())]), "looks like a formula"),
        ("csv", pa.schema([("kind", pa.dictionary(pa.int32(), pa.string()))]), "cannot hold column kind"),
        ("jsonl", pa.schema([("raw", pa.list_(pa.binary()))]), "which JSON does not have"),
        ("jsonl", pa.schema([("at", pa.timestamp("ns"))]), "which JSON does not have"),
    ],
)
def test_columns_that_do_not_fit_are_named(container: str, schema: pa.Schema, problem: str) -> None:
    assert problem in CONTAINERS[container].problems(schema)[0]


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_with_other_columns_is_refused(tmp_path: Path, container: str) -> None:
    path = write(container, tmp_path / "file", pa.schema([("other", pa.string())]), [{"other": "x"}])
    with pytest.raises((ExportFailed, pa.ArrowException)):
        list(CONTAINERS[container].read(path, FLAT))


def test_row_groups_are_large_but_never_of_many_bytes(tmp_path: Path) -> None:
    schema = pa.schema([("text", pa.string())])
    small = write("parquet", tmp_path / "small", schema, [{"text": "x"}] * 25_000, batch=1_000)
    groups = pq.ParquetFile(small).metadata
    assert [groups.row_group(n).num_rows for n in range(groups.num_row_groups)] == [10_000, 10_000, 5_000]
    large = write("parquet", tmp_path / "large", schema, [{"text": "x" * 1_000_000}] * 80, batch=20)
    assert pq.ParquetFile(large).metadata.num_row_groups == 2
