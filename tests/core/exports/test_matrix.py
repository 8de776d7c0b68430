"""Every layout in every kind of file reads back equal with datasets, pandas and pyarrow, whatever the texts hold."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq
import pytest
from export_scene import ExportScene
from flask import Flask
from labels import make_vote, outputs_of
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import TaskItem
from rlflow_core.plugin_api import Container, Exporter, Signal
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services.exports.formulas import neutralise
from rlflow_core.services.exports.orders import Wish, order
from rlflow_core.services.exports.rows import Rows
from rlflow_core.services.exports.snapshot import snapshot

pytestmark = pytest.mark.filterwarnings("ignore")

MATRIX = {
    "dpo": ("jsonl", "parquet"),
    "rlhf": ("jsonl", "parquet", "csv"),
    "table": ("jsonl", "parquet", "csv"),
}
"""Every layout with the kinds of file it is written as; a new one needs a line here."""

NASTY = [
    "line \u2028 paragraph \u2029 next \u0085 end", "\r", "a\rb\r\nc\nd", "\n", "", " ", 'say "hi", then ""', "'", "\\",
    "👩‍👩‍👧 naïve \U0001f600", "=cmd|' /C calc'!A1",
    "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "'=1", "NA", "null", "NaN", "None",
    "007", "1e5", "true", "2025-01-01", "\ufeffmark", "a,b;c\td|e", "[1, 2]", '{"a": 1}', "x" * 100_000, "é" * 100_000,
]  # fmt: skip
SCHEMAS = [
    {"name": "preference", "key": "pairwise", "config": {}},
    {"name": "why", "key": "rationale", "config": {}},
    {"name": "quality", "key": "scalar", "config": {}},
    {"name": "verdict", "key": "binary", "config": {}},
    {"name": "process", "key": "steps", "config": {}},
    {"name": "order", "key": "ranking", "config": {}},
]


@pytest.fixture
def nasty(new_scene: Callable[..., ExportScene]) -> ExportScene:
    """A project with all kinds of signals in which everything people write is nasty."""
    scene = new_scene(reward_schemas=SCHEMAS)
    for number, text in enumerate(NASTY):
        item = scene.item(
            outputs=(text, f"{text}!"),
            prompt=text or "?",
            tags=[text[:50] or "none"],
            meta={"text": text, "number": number},
            key=None if number % 2 else f"key-{number}",
        )
        scene.do(_judge, scene, item, text, number)
    return scene


def steps_of(text: str) -> list[str]:
    """The three steps of an output that holds this text."""
    return [text, f"{text}\n", f" {text}"]


def _judge(session: Session, scene: ExportScene, item: TaskItem, text: str, number: int) -> None:
    parts = [*(("step", step) for step in steps_of(text)), ("answer", text)]
    outputs = outputs_of(session, item)
    outputs[0].segments = [{"index": n, "kind": kind, "text": part} for n, (kind, part) in enumerate(parts)]
    first, second = (output.id for output in outputs)
    for place, annotator in enumerate(scene.annotators[: 1 + number % 3]):
        signals = {
            "preference": [Signal("choice", "preference", first, second, "first", 2.0)],
            "why": [Signal("text", "text", text=text)] if text.strip() else [],
            "quality": [Signal("value", "scalar", first, value=1.5 + place)],
            "verdict": [Signal("verdict", "label", second, label="desirable", value=1.0)],
            "process": [
                Signal("step", "step", first, index=place, value=1.0),
                Signal("note", "critique", first, index=place, text=text),
            ],
            "order": [Signal("rank", "rank", first, value=1.0), Signal("rank", "rank", second, value=2.0)],
        }
        response = {"why": {"text": text}}
        feedback = make_vote(session, item, annotator, signals, response, seconds=None if place else 2.5)
        feedback.rationale = text
        feedback.reward_scalar = None if place else 0.1


def written(scene: ExportScene, layout: str, container: str) -> list[dict[str, Any]]:
    """The rows as the exporter gives them."""
    with scene.app.app_context():
        wish = Wish(scene.project_id, layout, container)
        wanted = order(db.read, get_host(), scene.cast.alice.viewer, wish)
        with snapshot() as session:
            return [row for batch in Rows(get_host(), wanted, session).batches() for row in batch.to_pylist()]


def plain(value: Any) -> Any:
    """A value without what only its reader knows: arrays, missing values, clocks."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return plain(value.item())
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def as_time(value: Any) -> Any:
    """A point in time as `plain` has it, also from the text that CSV and JSON hold."""
    return plain(datetime.fromisoformat(value) if isinstance(value, str) else value)


def in_csv(value: Any, *, empty: str | None) -> Any:
    """What stands in a CSV file: formulas made harmless, and for some readers nothing instead of an empty text."""
    if not isinstance(value, str):
        return value
    guarded: str = neutralise(pa.array([value]))[0].as_py()
    return guarded or empty


def by_datasets(path: Path, container: str) -> list[dict[str, Any]]:
    datasets = pytest.importorskip("datasets")
    options = {"keep_default_na": False, "na_values": [""]} if container == "csv" else {}
    loaded = datasets.load_dataset(
        {"jsonl": "json"}.get(container, container),
        data_files=str(path),
        cache_dir=str(path.parent / "cache"),
        split="train",
        **options,
    )
    return list(loaded)


def by_pandas(path: Path, container: str) -> list[dict[str, Any]]:
    if container == "jsonl":
        frame = pd.read_json(path, lines=True, dtype=False, convert_dates=False, precise_float=True)
    elif container == "parquet":
        frame = pd.read_parquet(path)
    else:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def by_pyarrow(path: Path, container: str) -> list[dict[str, Any]]:
    whole = path.stat().st_size + 1
    if container == "jsonl":
        table = pyarrow.json.read_json(path, pyarrow.json.ReadOptions(block_size=whole))
    elif container == "parquet":
        table = pq.read_table(path)
    else:
        table = pyarrow.csv.read_csv(
            path,
            pyarrow.csv.ReadOptions(block_size=whole),
            pyarrow.csv.ParseOptions(newlines_in_values=True),
            pyarrow.csv.ConvertOptions(
                strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
            ),
        )
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


READERS = {"datasets": by_datasets, "pandas": by_pandas, "pyarrow": by_pyarrow}


@pytest.mark.parametrize("container", get_args(Container))
@pytest.mark.parametrize("layout", MATRIX)
def test_every_reader_sees_what_was_written(
    nasty: ExportScene, tmp_path: Path, layout: str, container: str
) -> None:
    if container not in MATRIX[layout]:
        assert nasty.post(layout=layout, format=container).status_code == 422
        return
    rows = written(nasty, layout, container)
    export = nasty.job(layout=layout, format=container)
    assert export["status"] == "ready", export["error"]
    path = tmp_path / export["files"][-1]
    path.write_bytes((nasty.folder(export["id"]) / path.name).read_bytes())
    times = {name for name, value in rows[0].items() if isinstance(value, datetime)}
    assert len(rows) >= len(NASTY) - 1
    for reader, read in READERS.items():
        empty = "" if reader == "pyarrow" else None
        expected = [
            {
                name: in_csv(plain(value), empty=empty) if container == "csv" else plain(value)
                for name, value in row.items()
            }
            for row in rows
        ]
        found = [
            {name: as_time(value) if name in times else plain(value) for name, value in row.items()}
            for row in read(path, container)
        ]
        assert len(found) == len(expected), reader
        for number, (has, wants) in enumerate(zip(found, expected, strict=True)):
            assert has == wants, (reader, number)


def test_labels_and_notes_stand_at_their_steps(nasty: ExportScene) -> None:
    found = {
        json.loads(row["metadata"])["number"]: row
        for row in written(nasty, "rlhf", "jsonl")
        if row["quality_value"] is not None
    }
    assert len(found) == len(NASTY)
    for number, text in enumerate(NASTY):
        row, votes = found[number], 1 + number % 3
        unsaid = [None] * (3 - votes)
        assert row["steps"] == steps_of(text)
        assert row["process_step"] == [1.0] * votes + unsaid
        assert row["process_note"] == [[text] if text else None] * votes + unsaid


def test_every_exporter_has_a_line_in_the_matrix(sqlite_app: Flask) -> None:
    offered = {
        registered.key: tuple(registered.cls.containers)
        for registered in sqlite_app.extensions["plugin_host"].registry.of_kind("exporter")
        if issubclass(registered.cls, Exporter)
    }
    assert offered == MATRIX
