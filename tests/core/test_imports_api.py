"""Files over HTTP: uploaded, followed, refused at once where they are of another kind."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from flask import Flask
from import_scene import PAIR, VOTED, as_file, count
from people import Cast

from rlflow_core.jobs.run import run_job
from rlflow_core.models import TaskImport


def send(client: Any, project: str, data: bytes, name: str = "tasks.jsonl") -> Any:
    return client.post("/api/v1/tasks/import", data={"project": project, "file": (io.BytesIO(data), name)})


def finish(app: Flask, answer: Any) -> None:
    assert answer.status_code == 202, answer.json
    with app.app_context():
        run_job(answer.json["job_id"])


def test_a_file_is_uploaded_imported_and_its_problems_listed_in_pages(cast: Cast) -> None:
    alice = cast.as_(cast.alice)
    project = alice.post("/api/v1/projects", json={"name": "P", "task_type": "qa"}).json["id"]
    answer = send(alice, project, as_file([VOTED, "{", "{", "{"]), name="../../etc/passwd\x07")
    assert answer.json["file_name"] == "../../etc/passwd"
    finish(cast.app, answer)
    seen = alice.get(answer.headers["Location"]).json
    assert (seen["state"], seen["tasks"], seen["votes"], seen["refused"]) == ("done", 1, 1, 3)
    assert [problem["line"] for problem in seen["problems"]] == [2, 3, 4]
    path = f"/api/v1/imports/{seen['id']}/problems?limit=2"
    first = alice.get(path).json
    second = alice.get(f"{path}&cursor={first['next']}").json
    lines = [[problem["line"] for problem in page["items"]] for page in (first, second)]
    assert (lines, second["next"]) == ([[2, 3], [4]], None)
    assert alice.get(f"/api/v1/jobs/{seen['job_id']}").json["result"]["tasks"] == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(as_file([PAIR]))[:-9], "It cannot be unpacked: it is damaged or cut off."),
        (gzip.compress(gzip.compress(as_file([PAIR]))), "It is compressed twice."),
        (b"\x28\xb5\x2f\xfdxx", "It cannot be unpacked: it is damaged or cut off."),
        (b"PAR1....", "It cannot be read as Parquet: it is damaged or cut off."),
        (b"PK\x03\x04....", "It is a zip archive or a spreadsheet."),
        (json.dumps(PAIR).encode("utf-16"), "It is UTF-16. Save it as UTF-8."),
        (b"", "The file is empty."),
    ],
    ids=["gzip", "twice", "zstd", "parquet", "zip", "utf-16", "empty"],
)
def test_a_file_of_another_kind_is_refused_at_once(sqlite_cast: Cast, data: bytes, reason: str) -> None:
    alice = sqlite_cast.as_(sqlite_cast.alice)
    project = alice.post("/api/v1/projects", json={"name": "P", "task_type": "qa"}).json["id"]
    answer = send(alice, project, data)
    assert answer.status_code == 422
    assert answer.json["errors"]["files"]["file"][0].startswith(reason)
    with sqlite_cast.app.app_context():
        assert count(TaskImport) == 0


def test_a_file_over_50_mb_is_refused(sqlite_cast: Cast) -> None:
    alice = sqlite_cast.as_(sqlite_cast.alice)
    project = alice.post("/api/v1/projects", json={"name": "P", "task_type": "qa"}).json["id"]
    assert send(alice, project, b" " * (50 * 1024 * 1024)).status_code == 413


def test_others_neither_import_nor_see_imports(cast: Cast) -> None:
    alice, eve = cast.as_(cast.alice), cast.as_(cast.join("eve@example.org", "researcher"))
    project = alice.post("/api/v1/projects", json={"name": "P", "task_type": "qa"}).json["id"]
    answer = send(alice, project, as_file([PAIR]))
    location = answer.headers["Location"]
    assert send(eve, project, as_file([PAIR])).status_code == 404
    assert eve.get(location).status_code == 404
    assert eve.get(f"{location}/problems").status_code == 404
    bob = cast.as_(cast.bob)
    assert send(bob, project, as_file([PAIR])).status_code == 403
    assert bob.get(location).status_code == 403


def test_an_upload_takes_no_fields_of_its_own_invention(sqlite_cast: Cast) -> None:
    alice = sqlite_cast.as_(sqlite_cast.alice)
    data = {"project": "x", "stored_as": "../x", "file": (io.BytesIO(b"{}"), "x")}
    answer = alice.post("/api/v1/tasks/import", data=data)
    assert answer.status_code == 422
    assert set(answer.json["errors"]["form"]) == {"project", "stored_as"}
