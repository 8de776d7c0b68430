"""`rlflow plugins`: a package that `new` writes works as it is, for each kind; `list` and `doctor` tell of plugins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runs import Run
from cli_runs import run as run
from databases import SECRETS
from plugin_files import write_plugin
from repository import ROOT

from rlflow_core.plugin_host.registry import KINDS


@pytest.fixture(autouse=True)
def _instance(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"ENV": "test", "DATABASE_URL": sqlite_url, "DATA_DIR": str(tmp_path / "data")}
    for name, value in {**SECRETS, **{f"RLFLOW_{name}": value for name, value in settings.items()}}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def tool(folder: Path, *command: str) -> str:
    """What a tool says of the package in `folder`; the test fails where it finds anything."""
    paths = f"{folder}:{ROOT}"
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": paths, "HOME": str(folder), "MYPYPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_package_passes_lint_and_its_own_tests(kind: str, run: Run, tmp_path: Path) -> None:
    code, out, err = run("plugins", "new", kind, "my_own_thing")
    assert (code, err) == (0, "")
    folder = tmp_path / "my_own_thing"
    assert f"pip install -e {folder.name}" in out
    tool(folder, "ruff", "check", "--no-cache")
    tool(folder, "ruff", "format", "--check", "--no-cache")
    assert "2 passed" in tool(folder, "pytest", "-q", "-p", "no:cacheprovider")
    module = (folder / "rlflow_my_own_thing" / "__init__.py").read_text(encoding="utf-8")
    assert len(module.splitlines()) < 100


def test_new_packages_are_typed_strictly(run: Run, tmp_path: Path) -> None:
    for kind in KINDS:
        assert run("plugins", "new", kind, f"a_{kind}")[0] == 0
    names = [f"a_{kind}" for kind in KINDS]
    modules = [str(tmp_path / name / f"rlflow_{name}" / "__init__.py") for name in names]
    config = tmp_path / names[0] / "pyproject.toml"
    tool(
        tmp_path,
        "mypy",
        "--strict",
        "--config-file",
        str(config),
        "--cache-dir",
        str(tmp_path / "cache"),
        *modules,
    )


def test_a_new_package_is_found_once_it_is_installed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("plugins", "new", "scorer", "demo_scorer", "--dir", "elsewhere")[0] == 0
    installed = tmp_path / "installed"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*pip, "--target", str(installed), "./elsewhere"], cwd=tmp_path, check=True)
    monkeypatch.syspath_prepend(str(installed))
    code, out, _ = run("plugins", "list", "--json")
    found = [row for row in json.loads(out)["components"] if row["key"] == "demo_scorer"]
    assert code == 0
    assert [(row["kind"], row["distribution"], row["distribution_version"]) for row in found] == [
        ("scorer", "rlflow-demo-scorer", "0.1.0")
    ]


def test_what_is_there_already_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep", encoding="utf-8")
    code, _, err = run("plugins", "new", "scorer", "mine")
    assert (code, "mine is not empty" in err) == (1, True)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("key", ["Mine", "1st", "../up", "a b", "x" * 65])
def test_a_key_that_no_component_may_have_is_refused(run: Run, tmp_path: Path, key: str) -> None:
    code, _, err = run("plugins", "new", "scorer", key, "--dir", "made")
    assert (code, "is no key" in err) == (1, True)
    assert not (tmp_path / "made").exists()


def test_an_unknown_kind_is_refused_with_those_that_exist(run: Run) -> None:
    code, _, err = run("plugins", "new", "zebra", "mine")
    assert (code, "'reward_schema'" in err) == (2, True)


def test_the_doctor_names_what_is_broken(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("plugins", "doctor") == (0, "All plugins were loaded.\n", "")
    write_plugin(tmp_path / "plugins", "broken", "raise RuntimeError('on import')\n")
    monkeypatch.setenv("RLFLOW_PLUGINS_DIR", str(tmp_path / "plugins"))
    code, out, _ = run("plugins", "doctor", "--json")
    (problem,) = json.loads(out)["problems"]
    assert (code, problem["plugin"], problem["hook"]) == (1, "broken", "import")
    assert "on import" in problem["message"]


def test_the_list_says_what_brought_each_component(run: Run) -> None:
    code, out, _ = run("plugins", "list")
    assert code == 0
    assert any(line.startswith("exporter:dpo ") and "rlflow-core" in line for line in out.splitlines())
