"""What the README shows works: its plugin loads, and its commands lead from a project to a training file."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apps import MakeApp
from repository import ROOT

from rlflow_core.plugin_api import DatasetInfo, Exporter
from rlflow_core.plugin_host.host import get_host

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = Path(sys.executable).parent
SECONDS_TO_START = 60.0


def blocks(language: str, heading: str) -> list[str]:
    """The code of one section."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def shown_in(page: str) -> list[str]:
    """The Python that a page shows, also within lists."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        textwrap.dedent(code)
        for code in re.findall(r"^ *```python\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    ]


@pytest.mark.parametrize("page", ["README.md", "docs/plugins.md"])
def test_the_plugin_that_is_shown_loads_and_plans_its_file(
    app_with: MakeApp, tmp_path: Path, page: str
) -> None:
    code = shown_in(page)[0]
    (tmp_path / "winners.py").write_text(code, encoding="utf-8")
    with app_with(RLFLOW_PLUGINS_DIR=str(tmp_path)).app_context():
        assert get_host().problems == []
        winners = get_host().build(Exporter, "winners")
        planned = get_host().guard.call(winners, "PLAN", DatasetInfo("id", "Answers", "qa"))
    assert planned.names == ["prompt", "completion"]


def test_the_test_that_is_shown_passes() -> None:
    names: dict[str, Any] = {}
    plugin, test = shown_in("docs/plugins.md")
    exec(compile(plugin, "winners.py", "exec"), names)
    exec(compile(test, "test_winners.py", "exec"), names)
    names["test_it_keeps_the_contract"]()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    return tmp_path


@pytest.fixture
def environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("RLFLOW")}
    return {**own, "PATH": f"{PROGRAMS}{os.pathsep}{own['PATH']}"}


@pytest.fixture
def address(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Where `rlflow up` answers."""
    log = folder / "up.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            ["rlflow", "up", "--port", "0"], cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        yield answering(server, log)
    finally:
        server.terminate()
        server.wait(SECONDS_TO_START)


def answering(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        if match := re.search(r"answers at (http://\S+)", log.read_text()):
            return match[1]
        time.sleep(0.05)
    pytest.fail(f"rlflow up did not start:\n{log.read_text()}")


def test_the_story_ends_with_a_file_for_trainers(
    folder: Path, environment: dict[str, str], address: str
) -> None:
    start, *story = blocks("sh", "From a project to a training file")
    assert "rlflow up" in start
    script = "set -euo pipefail\n" + "".join(story).replace("http://127.0.0.1:8000", address)
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [json.loads(line) for line in (folder / "dpo.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["prompt"]: (row["chosen"], row["rejected"]) for row in rows} == {
        "Why is the sky blue?": ("Air scatters blue light most.", "It mirrors the sea."),
        "What is 12 times 12?": ("144", "124"),
    }
    assert all(row.keys() == {"prompt", "chosen", "rejected"} for row in rows)
