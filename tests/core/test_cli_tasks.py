"""`rlflow tasks import`: files from the command line, done here unless a worker lives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cli_runs import Run
from cli_runs import run as run
from databases import SECRETS
from import_scene import PAIR, VOTED, ImportScene, as_file
from people import Cast

from rlflow_core.app import create_app
from rlflow_core.config import load_settings
from rlflow_core.extensions import db
from rlflow_core.services import imports, job_delivery


@pytest.fixture
def scene(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportScene:
    """A project called "Imported" on the instance that the environment names."""
    environ = {
        "ENV": "test",
        "BCRYPT_COST": "4",
        "DATABASE_URL": sqlite_url,
        "DATA_DIR": str(tmp_path / "data"),
    }
    for name, value in {**SECRETS, **{f"RLFLOW_{name}": value for name, value in environ.items()}}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    app = create_app(load_settings())
    alice = Cast(app).alice
    with app.app_context():
        made = ImportScene(alice)
        db.dispose()
    return made


def file_of(folder: Path, *lines: Mapping[str, Any] | str) -> str:
    path = folder / "tasks.jsonl"
    path.write_bytes(as_file(lines))
    return str(path)


def test_a_file_is_imported_here_where_no_worker_lives(scene: ImportScene, run: Run, tmp_path: Path) -> None:
    code, out, err = run("tasks", "import", file_of(tmp_path, VOTED, "{"), "--project", "Imported")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Imported 1 tasks with 2 outputs (0 of them empty) and 1 votes; refused 1 lines.",
        "  line 2: Not JSON: unexpected end of data (column 2).",
    ]


def test_the_result_is_one_json_value_where_asked(scene: ImportScene, run: Run, tmp_path: Path) -> None:
    path = file_of(tmp_path, PAIR)
    code, out, _ = run("tasks", "import", path, "--project", scene.project_id, "--wait", "--json")
    told = json.loads(out)
    assert (code, told["state"], told["tasks"], told["file_name"]) == (0, "done", 1, "tasks.jsonl")


def test_a_living_worker_is_left_to_do_it(scene: ImportScene, run: Run, tmp_path: Path) -> None:
    with scene.app.app_context():
        db.transact(job_delivery.note_sweep)
    code, out, _ = run("tasks", "import", file_of(tmp_path, PAIR), "--project", "Imported", "--json")
    with scene.app.app_context():
        assert imports.get(db.read, scene.viewer, json.loads(out)["id"]).state == "queued"
    assert code == 0


@pytest.mark.parametrize(
    ("content", "project", "reason"),
    [
        (b"PK\x03\x04", "Imported", "It is a zip archive"),
        (b"", "Imported", "The file is empty."),
        (b"{}", "Nothing", "There is no such project."),
    ],
)
def test_what_is_refused_is_said_and_leaves_nothing(
    scene: ImportScene, run: Run, tmp_path: Path, content: bytes, project: str, reason: str
) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(content)
    code, out, err = run("tasks", "import", str(path), "--project", project)
    assert (code, out) == (1, "")
    assert reason in err
    assert list((tmp_path / "data").glob("imports/*")) == []


def test_a_name_that_several_projects_have_is_refused_with_their_ids(
    scene: ImportScene, run: Run, tmp_path: Path
) -> None:
    with scene.app.app_context():
        ImportScene(scene.viewer)
    code, _, err = run("tasks", "import", file_of(tmp_path, PAIR), "--project", "Imported")
    assert code == 1
    assert scene.project_id in err


def test_a_file_that_is_not_there_is_a_mistake_in_the_command(scene: ImportScene, run: Run) -> None:
    assert run("tasks", "import", "nothing.jsonl", "--project", "Imported")[0] == 2
