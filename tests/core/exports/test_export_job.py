"""An export job may be killed, doubled, cancelled or out of disk: one whole file is seen in the end, or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from export_scene import ExportScene, names
from job_rows import let_worker_die, taken

from rlflow_core.jobs.context import JobCancelled, JobContext, JobLost
from rlflow_core.jobs.export import export as handler
from rlflow_core.services import job_attempts
from rlflow_core.services.exports import build, selection
from rlflow_core.services.exports.checking import check_file
from rlflow_core.services.exports.containers import Jsonl
from rlflow_core.services.exports.writing import ExportFolder
from rlflow_plugins.exporters.dpo import Dpo


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours handles it."""


@pytest.fixture
def asked(scene: ExportScene) -> dict[str, Any]:
    """An export that waits for its job."""
    scene.item("first", "first")
    scene.item("second")
    export: dict[str, Any] = scene.post(layout="dpo", stream=False).json
    return export


def take(scene: ExportScene, export: dict[str, Any]) -> JobContext:
    """One more attempt at the export's job, whatever became of the attempt before."""

    with scene.app.app_context():
        let_worker_die(export["job_id"])
        return JobContext(taken(export["job_id"]))


def test_a_killed_attempt_leaves_a_part_and_the_next_one_starts_anew(
    scene: ExportScene, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = scene.folder(asked["id"])
    with monkeypatch.context() as patch, scene.app.app_context():
        patch.setattr(build.Build, "__exit__", lambda *_: None)
        patch.setattr(build, "check_file", _kill)
        with pytest.raises(Killed):
            handler(take(scene, asked))
    assert names(folder) == [f"rlflow-{asked['id']}.jsonl.1.part"]
    assert scene.get(f"/{asked['id']}").json["status"] == "running"
    with scene.app.app_context():
        handler(take(scene, asked))
    assert names(folder) == ["manifest.json", f"rlflow-{asked['id']}.jsonl"]
    assert scene.get(f"/{asked['id']}").json["rows"] == 2


def _kill(*_: Any) -> None:
    raise Killed


def test_an_attempt_killed_between_the_files_and_the_row_is_repeated(
    scene: ExportScene, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = ExportFolder.publish

    def publish_and_die(folder: ExportFolder, files: Any) -> None:
        publish(folder, files)
        raise Killed

    with monkeypatch.context() as patch, scene.app.app_context():
        patch.setattr(ExportFolder, "publish", publish_and_die)
        with pytest.raises(Killed):
            handler(take(scene, asked))
    assert scene.get(f"/{asked['id']}/download").status_code == 409
    with scene.app.app_context():
        handler(take(scene, asked))
    assert names(scene.folder(asked["id"])) == ["manifest.json", f"rlflow-{asked['id']}.jsonl"]
    assert scene.get(f"/{asked['id']}/download").status_code == 200


def test_a_slow_attempt_cannot_replace_the_file_of_a_later_one(
    scene: ExportScene, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = take(scene, asked)
    overtaken: list[bool] = []

    def be_overtaken(*arguments: Any) -> None:
        check_file(*arguments)
        if not overtaken:
            overtaken.append(True)
            scene.item("first")
            handler(take(scene, asked))

    monkeypatch.setattr(build, "check_file", be_overtaken)
    with scene.app.app_context(), pytest.raises(JobLost):
        handler(slow)
    export = scene.get(f"/{asked['id']}").json
    assert (export["status"], export["rows"]) == ("ready", 3)
    answer = scene.get(f"/{asked['id']}/download")
    assert answer.data.count(b"\n") == 3
    assert names(scene.folder(asked["id"])) == ["manifest.json", f"rlflow-{asked['id']}.jsonl"]


def test_running_again_after_the_end_changes_nothing(scene: ExportScene, asked: dict[str, Any]) -> None:
    with scene.app.app_context():
        first = handler(take(scene, asked))
    before = scene.get(f"/{asked['id']}").json
    scene.item("first")
    with scene.app.app_context():
        assert handler(take(scene, asked)) == first
    assert scene.get(f"/{asked['id']}").json == before


def test_a_file_with_problems_fails_the_export_and_is_removed(
    scene: ExportScene, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_problems(self: Dpo, batches: Iterable[pa.RecordBatch], info: Any) -> Iterator[str]:
        for batch in batches:
            yield from (f"Row {n + 1}: it is odd." for n in range(batch.num_rows))

    monkeypatch.setattr(Dpo, "CHECK", find_problems)
    assert scene.run(asked["job_id"]).state == "failed"
    export = scene.get(f"/{asked['id']}").json
    assert (export["status"], export["error"]) == ("failed", "Row 1: it is odd. Row 2: it is odd.")
    assert (export["files"], export["rows"], export["sha256"]) == ([], None, None)
    assert names(scene.folder(asked["id"])) == []
    answer = scene.post(layout="dpo")
    assert answer.status_code == 422
    assert answer.json["errors"]["json"]["export"] == ["Row 1: it is odd.", "Row 2: it is odd."]


def test_a_file_that_lost_rows_on_the_disk_is_noticed(
    sqlite_scene: ExportScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_scene.item("first")
    monkeypatch.setattr(Jsonl, "read", lambda *_: iter(()))
    answer = sqlite_scene.post(layout="dpo")
    assert answer.json["errors"]["json"]["export"] == ["The file has 0 rows where 1 were written."]


def test_a_broken_line_is_noticed(sqlite_scene: ExportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_scene.item("first")
    sync = os.fsync

    def damage(descriptor: int) -> None:
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - 5)
        sync(descriptor)

    monkeypatch.setattr("rlflow_core.services.exports.writing.os.fsync", damage)
    answer = sqlite_scene.post()
    assert "cannot be read back as jsonl" in answer.json["errors"]["json"]["export"][0]


def test_a_full_disk_fails_the_export_with_the_reason(
    scene: ExportScene, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("rlflow_core.services.exports.writing.os.fsync", refuse)
        scene.run(asked["job_id"])
    export = scene.get(f"/{asked['id']}").json
    assert export["status"] == "failed"
    assert export["error"].startswith("There is no space left")
    assert names(scene.folder(asked["id"])) == []
    assert scene.post().status_code == 200


def test_a_cancelled_job_leaves_no_file(
    scene: ExportScene, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = take(scene, asked)
    context.interrupt(JobCancelled())
    with scene.app.app_context(), pytest.raises(JobCancelled):
        handler(context)
    assert names(scene.folder(asked["id"])) == []


def test_a_job_whose_workers_died_shows_as_failed(scene: ExportScene, asked: dict[str, Any]) -> None:
    for _ in range(job_attempts.MAX_ATTEMPTS):
        take(scene, asked)
    with scene.app.app_context(), pytest.raises(AssertionError):
        take(scene, asked)
    export = scene.get(f"/{asked['id']}").json
    assert export["status"] == "failed"
    assert "died" in export["error"]


def test_a_layout_that_is_gone_fails_the_job_by_name(
    sqlite_scene: ExportScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_scene.item("first")
    export = sqlite_scene.post(layout="dpo", stream=False).json
    registry = sqlite_scene.app.extensions["plugin_host"].registry
    monkeypatch.delitem(registry._components, ("exporter", "dpo"))
    sqlite_scene.run(export["job_id"])
    ended = sqlite_scene.get(f"/{export['id']}").json
    assert ended["status"] == "failed"
    assert ended["error"].startswith("This export cannot be made. layout: There is no exporter 'dpo'.")


def test_progress_counts_items(scene: ExportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "BATCH_ITEMS", 2)
    monkeypatch.setattr("rlflow_core.plugin_api.exporter.BATCH_ROWS", 2)
    for _ in range(5):
        scene.item("first")
    export = scene.post(layout="dpo", stream=False).json
    seen: list[tuple[int, int | None]] = []
    with scene.app.app_context():
        context = take(scene, export)
        context._watch = lambda done, total: seen.append((done, total))
        handler(context)
    assert seen[-1] == (5, 5)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
