"""The demo: three sample projects with real outputs, made once, and nothing of them invented."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from repository import ROOT
from sqlalchemy import func, select

from rlflow_core.demo.seed import FOLDER, SAMPLES, links, seed, tasks_of
from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import (
    AgentOutput,
    Feedback,
    ImportProblem,
    Job,
    Project,
    SignalRow,
    Task,
    TaskItem,
    User,
)

BUILT = ("humaneval", "gsm8k")


def lines_of(sample: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in tasks_of(sample)]


def definition_of(sample: str) -> dict[str, Any]:
    return json.loads((FOLDER / sample / "project.json").read_text(encoding="utf-8"))


def seeded(app: Flask) -> None:
    with app.app_context():
        seed()
        for job_id in db.read.scalars(
            select(Job.id).where(Job.kind == "import", Job.state == "queued")
        ).all():
            run_job(job_id)


def count(table: Any, *where: Any) -> int:
    return db.read.scalar(select(func.count()).select_from(table).where(*where)) or 0


@pytest.fixture(scope="module")
def tasks() -> dict[str, list[dict[str, Any]]]:
    return {sample: lines_of(sample) for sample in SAMPLES}


def test_every_line_is_imported_and_most_are_left_to_be_judged(
    sqlite_app: Flask, tasks: dict[str, list[dict[str, Any]]]
) -> None:
    seeded(sqlite_app)
    with sqlite_app.app_context():
        assert count(ImportProblem) == 0
        for sample, lines in tasks.items():
            project = db.read.scalars(select(Project).filter_by(name=definition_of(sample)["name"])).one()
            assert count(Task, Task.project_id == project.id) == len(lines)
            votes = sum(len(line.get("feedback", ())) for line in lines)
            assert count(Feedback, Feedback.project_id == project.id) == votes
        for sample in BUILT:
            project = db.read.scalars(select(Project).filter_by(name=definition_of(sample)["name"])).one()
            untouched = TaskItem.places_left == TaskItem.wanted
            assert count(TaskItem, TaskItem.project_id == project.id, untouched) > len(tasks[sample]) / 2
            assert count(TaskItem, TaskItem.project_id == project.id, TaskItem.places_left == 0) == 0


def test_what_the_sources_say_of_the_outputs_comes_in_as_rewards_as_it_stands_there(
    sqlite_app: Flask, shared_data: Path
) -> None:
    seeded(sqlite_app)
    problems = shared_data / "humaneval_outputs" / "problems.jsonl"
    rows = [json.loads(line) for line in problems.read_text(encoding="utf-8").split("\n") if line]
    passed = {
        (row["task_id"], output["model"]): float(output["passed"])
        for row in rows
        for output in row["outputs"]
    }
    found = (
        select(Task.key, AgentOutput.model_id, SignalRow.value)
        .join(AgentOutput, AgentOutput.id == SignalRow.output_id)
        .join(Task, Task.id == AgentOutput.task_id)
        .where(Task.key.startswith("HumanEval/"), SignalRow.schema == "reward")
    )
    with sqlite_app.app_context():
        signals = db.read.execute(found).all()
    assert len(signals) > 100
    assert {(key, model): value for key, model, value in signals}.items() <= passed.items()


def test_a_second_start_adds_nothing_and_loses_nothing(sqlite_app: Flask) -> None:
    seeded(sqlite_app)
    tables = (Project, Task, AgentOutput, Feedback, Job, User)
    with sqlite_app.app_context():
        before = [count(table) for table in tables]
        seed()
        assert [count(table) for table in tables] == before
        assert {link.role for link in links()} == {"researcher", "annotator", "admin"}


def test_without_a_plugin_the_other_projects_are_made(
    app_with: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_with(RLFLOW_DISABLED_PLUGINS="coding")
    with app.app_context():
        seed()
        assert count(Project) == 2
    assert "HumanEval solutions is left out" in caplog.text


@pytest.mark.parametrize("sample", BUILT)
def test_the_lines_are_those_that_the_documented_rule_makes(
    sample: str, shared_data: Path, tmp_path: Path
) -> None:
    code = "import build, pathlib, sys; build.DEMO = pathlib.Path(sys.argv[2]); build.main(pathlib.Path(sys.argv[1]))"
    for name in BUILT:
        (tmp_path / name).mkdir()
    command = [sys.executable, "-c", code, shared_data, tmp_path]
    subprocess.run(command, cwd=ROOT / "deploy" / "demo", check=True)
    assert (tmp_path / sample / "tasks.jsonl").read_bytes() == (FOLDER / sample / "tasks.jsonl").read_bytes()


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_says_where_it_comes_from_and_under_which_licence(sample: str) -> None:
    source = (FOLDER / sample / "SOURCE.md").read_text(encoding="utf-8")
    assert "- repository: " in source
    assert "- commit: " in source
    assert (FOLDER / sample / "LICENSE").stat().st_size > 500
    assert len(definition_of(sample)["guidelines"]) > 100
