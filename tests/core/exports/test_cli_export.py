"""`rlflow export` writes the file whole or not at all, and says why."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from export_scene import ExportScene, lines

from rlflow_core.cli import cli
from rlflow_core.cli.instance import Instance
from rlflow_core.config import Settings


def rlflow_export(scene: ExportScene, *arguments: str) -> Result:
    settings: Settings = scene.app.config["RLFLOW"]
    return CliRunner().invoke(cli, ["export", *arguments], obj=Instance(settings), catch_exceptions=False)


def test_the_file_is_written_where_it_was_asked_for(scene: ExportScene, tmp_path: Path) -> None:
    scene.item("first")
    scene.item("tie")
    out = tmp_path / "train.jsonl"
    done = rlflow_export(scene, "--project", scene.project_id, "--layout", "dpo", "--out", str(out))
    assert (done.exit_code, done.output) == (0, f"Wrote 1 rows to {out}. Left out: 1 tie.\n")
    assert lines(out.read_bytes())[0]["chosen"] == "Four."
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_json_says_what_was_made(sqlite_scene: ExportScene, tmp_path: Path) -> None:
    sqlite_scene.item("first")
    sqlite_scene.item("first", "second")
    out = tmp_path / "train.parquet"
    done = rlflow_export(
        sqlite_scene, "--project", "Answers", "--layout", "dpo", "--format", "parquet", "--json",
        "--filters", '{"min_votes": 2}', "--out", str(out),
    )  # fmt: skip
    said = json.loads(done.output)
    assert (said["rows"], said["dropped"], said["format"]) == (0, {"no majority": 1}, "parquet")
    assert said["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()


def test_a_dash_writes_to_standard_output(sqlite_scene: ExportScene) -> None:
    sqlite_scene.item("first")
    done = rlflow_export(sqlite_scene, "--project", sqlite_scene.project_id, "--out", "-")
    rows = lines(done.stdout_bytes)
    assert [(row["completion"], row["reward_scalar"]) for row in rows] == [("Four.", 1.0), ("Five.", -1.0)]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--filters", "[]"], 2, "is not an object"),
        (["--config", "{"], 2, "is not JSON"),
        (["--out", "/nowhere/file"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(
    sqlite_scene: ExportScene, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    sqlite_scene.item("first")
    given = ["--project", sqlite_scene.project_id, "--out", str(tmp_path / "out")]
    done = rlflow_export(sqlite_scene, *given, *arguments)
    assert (done.exit_code, said in done.output) == (code, True), done.output
    assert not (tmp_path / "out").exists()
