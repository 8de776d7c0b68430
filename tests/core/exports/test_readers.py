"""The files load in what people train with, with the rows that a hand computes from the votes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.json
import pyarrow.parquet as pq
import pytest
from bulk_labels import JudgedPair, insert_pairs
from export_scene import ExportScene
from sqlalchemy import select, update

from rlflow_core.models import AgentOutput, Task, TaskVersion

pytestmark = pytest.mark.filterwarnings("ignore")

LABELS = {0: "tie", 1: "first", 2: "second"}
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi, naïve \u2028 friend."},
]
EXPECTED = [
    {"prompt": "one", "chosen": "A", "rejected": "B"},
    {"prompt": "two\n\u2028=1", "chosen": "ß", "rejected": ""},
]


def load(path: Path, folder: Path) -> list[dict[str, Any]]:
    """The rows as `datasets` loads them."""
    datasets = pytest.importorskip("datasets")
    kind = {".jsonl": "json", ".parquet": "parquet"}[path.suffix]
    loaded = datasets.load_dataset(kind, data_files=str(path), cache_dir=str(folder / "cache"), split="train")
    return list(loaded)


def file_of(scene: ExportScene, container: str, **body: Any) -> Path:
    export = scene.job(format=container, **body)
    assert export["status"] == "ready", export["error"]
    path: Path = scene.folder(export["id"]) / export["files"][-1]
    return path


@pytest.fixture
def two_pairs(sqlite_scene: ExportScene) -> ExportScene:
    """Two decided pairs with texts that are easily mangled, and a tie."""
    sqlite_scene.item("first", "first", outputs=("A", "B"), prompt="one")
    sqlite_scene.item("tie")
    sqlite_scene.item("second", outputs=("", "ß"), prompt="two\n\u2028=1")
    return sqlite_scene


@pytest.mark.parametrize("container", ["jsonl", "parquet"])
def test_every_reader_sees_the_same_rows(two_pairs: ExportScene, tmp_path: Path, container: str) -> None:
    path = file_of(two_pairs, container)
    arrow = pyarrow.json.read_json(path) if container == "jsonl" else pq.read_table(path)
    frame = pd.read_json(path, lines=True) if container == "jsonl" else pd.read_parquet(path)
    assert arrow.to_pylist() == EXPECTED
    assert frame.to_dict("records") == EXPECTED
    assert load(path, tmp_path) == EXPECTED


@pytest.mark.parametrize("container", ["jsonl", "parquet"])
def test_conversations_load_as_messages(sqlite_scene: ExportScene, tmp_path: Path, container: str) -> None:
    sqlite_scene.item("second", outputs=("A", "B"))
    sqlite_scene.execute(update(TaskVersion).values(messages=TALK))
    (row,) = load(file_of(sqlite_scene, container), tmp_path)
    assert row == {
        "prompt": TALK,
        "chosen": [{"role": "assistant", "content": "B"}],
        "rejected": [{"role": "assistant", "content": "A"}],
    }


def test_an_export_of_nothing_has_no_bytes_or_no_rows(sqlite_scene: ExportScene) -> None:
    assert file_of(sqlite_scene, "jsonl").read_bytes() == b""
    empty = file_of(sqlite_scene, "parquet")
    assert pq.read_table(empty).schema.names == ["prompt", "chosen", "rejected"]
    assert len(pd.read_parquet(empty)) == 0


def majority(pair: dict[str, Any]) -> str | None:
    """What more than half of the three annotators said."""
    label, count = Counter(LABELS[pair[f"annotator{n}"]] for n in (1, 2, 3)).most_common(1)[0]
    return label if count >= 2 else None


def judged(pair: dict[str, Any]) -> JudgedPair:
    labels = [LABELS[pair[f"annotator{n}"]] for n in (1, 2, 3)]
    return JudgedPair(pair["instruction"], pair["response_1"], pair["response_2"], labels)


def test_the_pandalm_test_set_comes_out_as_its_majorities(
    scene: ExportScene, shared_data: Path, tmp_path: Path
) -> None:
    text = (shared_data / "pandalm_testset" / "pairs.jsonl").read_text("utf-8")
    pairs = [json.loads(line) for line in text.split("\n") if line]
    annotators = [member.user_id for member in scene.annotators]
    scene.do(insert_pairs, scene.project, annotators, map(judged, pairs))
    expected = [
        {
            "prompt": pair["instruction"],
            "chosen": pair["response_1" if majority(pair) == "first" else "response_2"],
            "rejected": pair["response_2" if majority(pair) == "first" else "response_1"],
        }
        for pair in pairs
        if majority(pair) in ("first", "second")
    ]
    assert len(expected) == 894
    assert scene.rows() == expected
    assert scene.dropped() == {"tie": 105}
    for container in ("jsonl", "parquet"):
        assert load(file_of(scene, container), tmp_path) == expected
    left = file_of(scene, "parquet", filters={"empty_outputs": "drop"})
    assert pq.read_table(left).num_rows == 894 - 52


@pytest.mark.parametrize("container", ["jsonl", "parquet", "csv"])
def test_a_file_of_rewards_comes_back_as_tasks(sqlite_scene: ExportScene, container: str) -> None:
    sqlite_scene.item("first", outputs=("=1", "é\u2028"), prompt="one", tags=["a,b"], meta={"n": 1})
    path = file_of(sqlite_scene, container, layout="rlhf")
    other = ExportScene(sqlite_scene.cast)
    columns = {name: name for name in ("prompt", "tags", "metadata")}
    columns |= {"completion": "output", "model_id": "model"}
    if container == "jsonl":
        # Lines of JSON say outputs as a list, so that each completion would need brackets around it.
        columns = {"prompt": "prompt", "tags": "tags"}
    form = {
        "project": other.project_id,
        "columns": json.dumps({**columns, "*": None}),
        "file": (path.open("rb"), path.name),
    }
    started = other.client().post("/api/v1/tasks/import", data=form).json
    assert other.run(started["job_id"]).state == "done"
    done = other.client().get(f"/api/v1/imports/{started['id']}").json
    assert (done["tasks"], done["refused"]) == (2, 0), done["problems"]
    tasks = other.scalars(select(Task).where(Task.project_id == other.project_id).order_by(Task.seq))
    assert [(task.prompt, task.tags) for task in tasks] == [("one", ["a,b"])] * 2
    if container != "jsonl":
        assert [task.meta for task in tasks] == [{"n": 1}] * 2
        ids = [task.id for task in tasks]
        texts = other.scalars(select(AgentOutput.output).where(AgentOutput.task_id.in_(ids)))
        assert sorted(texts) == ["=1", "é\u2028"]
