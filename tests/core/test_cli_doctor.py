"""`rlflow doctor` says of all that an instance needs whether it is there, and how to mend what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_runs import Run
from cli_runs import run as run
from databases import SECRETS, settings_for
from plugin_files import write_plugin
from rlflow_processes import RlflowProcess
from sqlalchemy import text

from rlflow_core.app import create_app
from rlflow_core.cli import doctor
from rlflow_core.extensions import db
from rlflow_core.models import db_later
from rlflow_core.services import job_delivery

CHECKS = ["settings", "secrets", "data_dir", "database", "clock", "broker", "jobs", "plugins"]
NOBODY = "redis://127.0.0.1:1/0"

Told = dict[str, tuple[str, str]]
Ask = Callable[..., tuple[int, Told]]


@pytest.fixture
def environment(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.MonkeyPatch]:
    """`environment(redis_url=...)`: the variables of a sound instance without Redis, but for those given."""

    def use(**changed: str) -> pytest.MonkeyPatch:
        sound = {
            "env": "test",
            "database_url": sqlite_url,
            "data_dir": str(tmp_path / "data"),
            "redis_url": "",
        }
        given = {f"RLFLOW_{name.upper()}": value for name, value in {**sound, **changed}.items()}
        for name, value in {**SECRETS, **given}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        return monkeypatch

    return use


@pytest.fixture
def ask(environment: Callable[..., pytest.MonkeyPatch], run: Run) -> Ask:
    """`ask(redis_url=...)`: the exit code, and for each check its status and text."""

    def asked(**changed: str) -> tuple[int, Told]:
        environment(**changed)
        code, out, _ = run("doctor", "--json")
        answer = json.loads(out)
        told = {one["name"]: (one["status"], one["text"]) for one in answer["checks"]}
        assert answer["status"] == ("problem" if code else "ok")
        assert bool(code) == any(status == "problem" for status, _ in told.values())
        return code, told

    return asked


def problems(told: Told) -> dict[str, str]:
    return {name: said for name, (status, said) in told.items() if status == "problem"}


def test_of_a_sound_instance_every_line_is_ok(
    environment: Callable[..., pytest.MonkeyPatch], run: Run
) -> None:
    environment()
    code, out, _ = run("doctor")
    lines = out.splitlines()
    assert code == 0
    assert [line.split(":")[0].split() for line in lines] == [["ok", name] for name in CHECKS]


def test_settings_that_are_refused_are_named_and_nothing_else_is_asked(ask: Ask) -> None:
    code, told = ask(env="production", secret_key="changeme")
    assert (code, list(told)) == (1, ["settings"])
    assert "RLFLOW_SECRET_KEY is a published value" in told["settings"][1]


def test_a_database_that_is_away_is_a_problem_of_all_that_needs_it(ask: Ask) -> None:
    code, told = ask(database_url="postgresql://bob:hunter2@127.0.0.1:1/none")
    assert code == 1
    assert set(problems(told)) == {"database", "clock"}
    assert "RLFLOW_DATABASE_URL" in told["database"][1]
    assert "hunter2" not in str(told)


def test_a_database_behind_the_newest_migration_says_what_to_run(
    ask: Ask, sqlite_url: str, tmp_path: Path
) -> None:
    app = create_app(settings_for(sqlite_url, tmp_path / "data"))
    with app.app_context():
        db.transact(lambda session: session.execute(text("DELETE FROM alembic_version")))
        db.dispose()
    assert "rlflow db upgrade" in problems(ask()[1])["database"]


def test_redis_that_is_away_and_workers_that_are_missing_are_problems(ask: Ask) -> None:
    code, told = ask(redis_url=NOBODY)
    assert code == 1
    assert set(problems(told)) == {"broker", "jobs"}
    assert "RLFLOW_REDIS_URL" in told["broker"][1]
    assert "rlflow worker" in told["jobs"][1]


def test_a_worker_that_was_seen_is_well(ask: Ask, sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(sqlite_url, tmp_path / "data"))
    with app.app_context():
        db.transact(job_delivery.note_sweep)
        db.dispose()
    assert set(problems(ask(redis_url=NOBODY)[1])) == {"broker"}


def test_a_data_folder_that_cannot_be_written_is_a_problem(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = problems(ask(data_dir=str(tmp_path / "file" / "data"))[1])
    assert "RLFLOW_DATA_DIR" in found["data_dir"]


def test_a_disk_that_is_nearly_full_is_a_problem(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=7_000_000))
    assert problems(ask()[1])["data_dir"].startswith("7 MB are free")


@pytest.mark.parametrize(("seconds", "direction"), [(90, "ahead of"), (-90, "behind")])
def test_clocks_that_differ_are_a_problem(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, seconds: int, direction: str
) -> None:
    monkeypatch.setattr(doctor, "db_now", lambda: db_later(seconds))
    said = problems(ask()[1])["clock"]
    assert f"{direction} this one's" in said
    assert "NTP" in said


def test_every_problem_of_a_plugin_is_a_line(ask: Ask, tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "broken", "raise RuntimeError('not today')")
    code, told = ask(plugins_dir=str(tmp_path / "plugins"))
    assert code == 1
    assert set(problems(told)) == {"plugins"}
    assert "not today" in told["plugins"][1]
    assert "RLFLOW_DISABLED_PLUGINS" in told["plugins"][1]


def test_an_unknown_option_is_wrong_usage(environment: Callable[..., pytest.MonkeyPatch], run: Run) -> None:
    environment()
    assert run("doctor", "--mend")[0] == 2


def test_the_command_answers_without_a_server(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"database_url": sqlite_url, "data_dir": str(tmp_path / "data")}
    asked = RlflowProcess(tmp_path, "doctor", **settings)
    assert asked.wait(60) == 0, asked.output
    assert "ok       database: It answers" in asked.output
