"""Exporters and aggregators of other people run in their own process and cannot harm an export of anybody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from apps import MakeApp
from export_scene import ExportScene, lines, names
from factories import make_task
from flask import Flask
from labels import prefer
from people import Cast
from plugin_files import write_plugin
from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import Job, PluginFailure

EXPORTER = """
import pyarrow as pa

SCHEMA = pa.schema([("pid", pa.int64()), ("prompt", pa.string()), ("text", pa.string()), ("votes", pa.int64())])

class Mine(Exporter):
    key = "mine"
    title = "Mine"
    version = "1"

    def PLAN(self, info):
        return SCHEMA

    def BATCHES(self, dataset):
{batches}

    def CHECK(self, batches, info):
{check}

    def SIDECARS(self, manifest):
{sidecars}

@hookimpl
def register_exporters():
    return [Mine]
"""
BATCHES = """
        for record in dataset.records():
            if record.consensus[0].label is None:
                dataset.drop("undecided")
                continue
            row = [os.getpid(), record.task.content["prompt"], record.outputs[0].text, len(record.votes)]
            yield pa.RecordBatch.from_pylist([dict(zip(SCHEMA.names, row))], schema=SCHEMA)
"""
CHECK = """
        rows = [row for batch in batches for row in batch.to_pylist()]
        return [] if all(row["votes"] for row in rows) else ["There is a row without votes."]
"""
SIDECARS = """
        return {"notes.txt": f"{manifest.rows} rows".encode()}
"""


class Make:
    """Makes projects in apps that have what stands in a folder of plugins."""

    def __init__(self, app_with: MakeApp, folder: Path) -> None:
        self._app_with, self._folder = app_with, folder
        self.apps: list[Flask] = []

    def __call__(self, batches: str = BATCHES, check: str = CHECK, sidecars: str = SIDECARS) -> ExportScene:
        """A project where the plugin "mine" is installed, made of these methods."""
        write_plugin(self._folder, "mine", EXPORTER.format(batches=batches, check=check, sidecars=sidecars))
        return self.install()

    def install(self, **settings: object) -> ExportScene:
        """A project with the plugins that are there."""
        app = self._app_with(RLFLOW_PLUGINS_DIR=str(self._folder))
        self.apps.append(app)
        return ExportScene(Cast(app), **settings)


@pytest.fixture
def with_plugin(app_with: MakeApp, tmp_path: Path) -> Iterator[Make]:
    make = Make(app_with, tmp_path / "plugins")
    yield make
    for app in make.apps:
        app.extensions["plugin_host"].guard.close()


def test_a_strangers_exporter_pulls_the_dataset_into_its_own_process(with_plugin: Make) -> None:
    scene = with_plugin()
    scene.item("first", "first", prompt="one")
    scene.item("first", "second", prompt="two")
    scene.item("second", prompt="three")
    export = scene.job(layout="mine", format="jsonl")
    assert (export["status"], export["rows"], export["dropped"]) == ("ready", 2, {"undecided": 1})
    rows = lines(scene.get(f"/{export['id']}/download").data)
    assert [(row["prompt"], row["text"], row["votes"]) for row in rows] == [
        ("one", "Four.", 2),
        ("three", "Four.", 1),
    ]
    assert {row["pid"] for row in rows}.isdisjoint({os.getpid()})
    assert export["files"][0] == "notes.txt"
    assert scene.get(f"/{export['id']}/files/notes.txt").data == b"2 rows"


def test_many_records_cross_in_chunks(with_plugin: Make) -> None:
    scene = with_plugin(
        batches="""
        pairs = sum(1 for _ in dataset.pairs("adjacent"))
        signals = dataset.table("signals").read_all().num_rows
        feedback = dataset.table("feedback").read_all().num_rows
        rows = [[dataset.info.items, "pairs", "", pairs], [0, "rows", "", signals + feedback]]
        yield pa.RecordBatch.from_pylist([dict(zip(SCHEMA.names, row)) for row in rows], schema=SCHEMA)
        """
    )

    def fill(session: Session) -> None:
        for _ in range(450):
            prefer(session, make_task(session, scene.project), scene.annotators[0], "first")

    scene.do(fill)
    first, second = scene.rows(layout="mine")
    assert (first["pid"], first["votes"]) == (450, 450)
    assert second["votes"] == 900


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("raise ZeroDivisionError('of zero')", "ZeroDivisionError: of zero"),
        ("yield pa.RecordBatch.from_pydict({'other': [1]})", "other columns than it planned"),
        ("yield 7", "is not a"),
        ("yield from dataset.pairs('some')", "pairs() takes adjacent, all, best_vs_rest"),
        ("yield from dataset.table('users')", "KeyError: 'users'"),
        ("yield os._exit(3)", "its process ended"),
    ],
)
def test_an_exporter_without_usable_rows_fails_its_export_only(
    with_plugin: Make, body: str, error: str
) -> None:
    scene = with_plugin(batches=f"        {body}")
    assert_fails(scene, error)


@pytest.mark.parametrize(
    ("body", "error"), [("return ['It is wrong.']", "It is wrong."), ("return 7", "TypeError")]
)
def test_a_strangers_check_is_obeyed(with_plugin: Make, body: str, error: str) -> None:
    scene = with_plugin(check=f"        {body}")
    assert_fails(scene, error)


@pytest.mark.parametrize("name", ["../evil.txt", "manifest.json", "a/b", ".hidden", "", "x" * 101])
def test_files_beside_the_data_have_plain_names(with_plugin: Make, name: str) -> None:
    scene = with_plugin(sidecars=f"        return {{{name!r}: b'x'}}")
    assert_fails(scene, f"may not put a file {name[:100]!r} beside the data")


def assert_fails(scene: ExportScene, error: str) -> None:
    scene.item("first")
    export = scene.job(layout="mine", format="jsonl")
    assert export["status"] == "failed"
    assert error in export["error"]
    assert names(scene.folder(export["id"])) == []
    assert scene.job(layout="dpo")["status"] == "ready"


def test_no_row_is_a_valid_export(with_plugin: Make) -> None:
    scene = with_plugin()
    export = scene.job(layout="mine", format="csv")
    assert (export["status"], export["rows"]) == ("ready", 0)
    assert scene.get(f"/{export['id']}/download").data == b'"pid","prompt","text","votes"\n'


def test_csv_of_a_stranger_is_made_harmless(with_plugin: Make) -> None:
    scene = with_plugin()
    scene.item("first", prompt='=HYPERLINK("http://x")')
    export = scene.job(layout="mine", format="csv")
    assert b"\"'=HYPERLINK(" in scene.get(f"/{export['id']}/download").data


AGGREGATOR = """
class Odd(Aggregator):
    key = "odd"
    title = "Odd"
    version = "1"
    scope = "{scope}"

    def AGGREGATE(self, signals):
        items = sorted(set(signals["item"].to_pylist()))
        rows = {{row["item"]: row for row in signals.to_pylist()}}
        for item in items:
            {body}

@hookimpl
def register_aggregators():
    return [Odd]
"""
LAST_WINS = """row = rows[item]
            yield Consensus(item, "preference", "choice", output=row["output"], other_output=row["other_output"],
                            label=row["label"], value=row["value"], n=len(items), method="odd")"""


def with_aggregator(with_plugin: Make, folder: Path, body: str, scope: str = "task") -> ExportScene:
    write_plugin(folder / "plugins", "odd", AGGREGATOR.format(body=body, scope=scope))
    return with_plugin.install(aggregator={"key": "odd", "config": {}})  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(("scope", "seen_together"), [("task", 1), ("project", 3)])
def test_a_strangers_aggregator_decides(
    with_plugin: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str, seen_together: int
) -> None:
    monkeypatch.setattr("rlflow_core.services.exports.selection.BATCH_ITEMS", 1)
    scene = with_aggregator(with_plugin, tmp_path, LAST_WINS, scope)
    for _ in range(3):
        scene.item("first", "first", "second", outputs=("A", "B"))
    assert [row["chosen"] for row in scene.rows()] == ["B", "B", "B"]
    with scene.dataset() as dataset:
        assert [pair.n for pair in dataset.pairs()] == [seen_together] * 3


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("raise ValueError('odd')", "aggregator:odd of odd, in AGGREGATE: ValueError: odd"),
        ("yield Consensus(item, 'preference', 'choice', output='zzz')", "The aggregator odd names an output"),
    ],
)
def test_a_broken_aggregator_is_named(with_plugin: Make, tmp_path: Path, body: str, error: str) -> None:
    scene = with_aggregator(with_plugin, tmp_path, body)
    scene.item("first")
    export = scene.job()
    assert export["status"] == "failed"
    assert export["error"].startswith(error)


def test_a_broken_aggregator_is_not_held_against_the_exporter(with_plugin: Make, tmp_path: Path) -> None:
    scene = with_aggregator(with_plugin, tmp_path, "raise ValueError('odd')")
    scene.item("first")
    assert scene.job()["status"] == "failed"
    assert scene.scalars(select(PluginFailure.kind)) == ["aggregator"]


HOOK = """
@hookimpl
def export_finished(export):
    open({path!r}, "a").write(f"{{export.layout}} {{export.container}} {{export.rows}} {{export.sha256}}\\n")
    raise RuntimeError("after the fact")
"""


def test_the_hook_hears_of_a_finished_export_in_a_job_of_its_own(with_plugin: Make, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    write_plugin(tmp_path / "plugins", "ear", HOOK.format(path=str(heard)))
    scene = with_plugin.install()
    scene.item("first")
    export = scene.job(format="parquet")
    (job_id,) = scene.scalars(select(Job.id).where(Job.kind == "export_finished"))
    assert not heard.exists()
    assert scene.run(job_id).state == "done"
    assert heard.read_text() == f"dpo parquet 1 {export['sha256']}\n"
    assert scene.scalars(select(PluginFailure.message)) == ["RuntimeError: after the fact"]


def test_nobody_listening_means_no_job(with_plugin: Make) -> None:
    scene = with_plugin()
    scene.item("first")
    scene.job()
    assert scene.scalars(select(Job.kind).where(Job.kind == "export_finished")) == []
