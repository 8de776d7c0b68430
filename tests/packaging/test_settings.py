"""Settings are named once: `.env.example` and docs/settings.md have exactly those of config.py."""

import inspect
import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest
from repository import ROOT

from rlflow_core import config
from rlflow_core.config import PLAIN_NAMES, Settings, load_settings

NAMES = {f"RLFLOW_{setting.name.upper()}" for setting in fields(Settings)}
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_the_example_has_every_setting_and_no_other() -> None:
    assert set(re.findall(r"^#(RLFLOW_\w+)=", EXAMPLE, re.MULTILINE)) == NAMES


def test_the_page_has_every_setting_and_no_other() -> None:
    assert set(re.findall(r"^\| `(RLFLOW_\w+)`", PAGE, re.MULTILINE)) == NAMES


@pytest.mark.parametrize("name", [name.upper() for name in PLAIN_NAMES])
def test_the_page_names_the_plain_variables_too(name: str) -> None:
    assert f", `{name}` |" in PAGE


def test_every_setting_has_a_comment() -> None:
    lines = inspect.getsource(Settings).splitlines()
    commented = {
        match[1]
        for before, line in pairwise(lines)
        if (match := re.match(r" {4}(\w+): .* = ", line)) and before.startswith("    # ")
    }
    assert commented == {setting.name for setting in fields(Settings)}


def test_every_variable_that_is_read_is_described() -> None:
    read = set(re.findall(r'"(RLFLOW_[A-Z_]+)"', inspect.getsource(config)))
    assert read <= set(re.findall(r"RLFLOW_[A-Z_]+", PAGE))


def test_the_example_as_it_is_changes_nothing(tmp_path: Path) -> None:
    environ = dict(
        line.removeprefix("#").split("=", 1) for line in EXAMPLE.splitlines() if line.startswith("#RLFLOW_")
    )
    folder = {"RLFLOW_DATA_DIR": str(tmp_path), "RLFLOW_CONFIG": f"{tmp_path}/none.toml"}
    assert load_settings({**environ, **folder}) == load_settings(folder)


def test_nobody_commits_a_real_environment() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".env", "prometheus.yml"} <= set(ignored)
