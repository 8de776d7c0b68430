"""The import contracts of setup.cfg name everything they should, and each of them can fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repository import ROOT, setup_cfg, setup_lines

PACKAGES = {"rlflow_core": "rlflow_core", "rlflow_plugins": "plugins", "rlflow_web": "web"}
WRONG = {
    "core": ("rlflow_core/services/wrong_core.py", "import rlflow_plugins"),
    "components": ("rlflow_plugins/scorers/wrong_component.py", "from rlflow_core.extensions import db"),
    "plugin-kinds": ("rlflow_plugins/scorers/wrong_neighbour.py", "from rlflow_plugins.routers import fifo"),
    "plugin-api": ("rlflow_core/plugin_api/wrong_api.py", "from rlflow_core import models"),
    "faces": ("rlflow_core/services/wrong_service.py", "from rlflow_core.api import jobs"),
    "web": ("rlflow_web/pages/wrong_page.py", "from rlflow_core.models import Task"),
}

# One process lints for all of these.
pytestmark = pytest.mark.xdist_group("contracts")


def contracts() -> dict[str, str]:
    """The name of each contract, by the last word of its section."""
    sections = (section for section in setup_cfg().sections() if section.startswith("importlinter:contract:"))
    return {section.rpartition(":")[2]: setup_cfg()[section]["name"] for section in sections}


def modules_of_core() -> set[str]:
    children = (ROOT / "rlflow_core").iterdir()
    return {
        f"rlflow_core.{path.stem}"
        for path in children
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }


def test_component_plugins_are_kept_from_everything_but_the_plugin_api() -> None:
    forbidden = set(setup_lines("importlinter:contract:components", "forbidden_modules"))
    assert modules_of_core() - forbidden == {"rlflow_core.plugin_api"}


def test_the_plugin_api_is_kept_from_everything_else_in_core() -> None:
    forbidden = set(setup_lines("importlinter:contract:plugin-api", "forbidden_modules"))
    assert modules_of_core() - forbidden == {"rlflow_core.plugin_api"}


def test_there_is_a_wrong_module_for_each_contract() -> None:
    assert WRONG.keys() == contracts().keys()


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy of the product in which every contract is broken."""
    folder = tmp_path_factory.mktemp("broken-contracts")
    for name, source in PACKAGES.items():
        shutil.copytree(ROOT / source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", folder)
    for place, line in WRONG.values():
        (folder / place).write_text(f"{line}\n", encoding="utf-8")
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.parametrize("contract", WRONG)
def test_a_contract_finds_what_breaks_it(verdict: str, contract: str) -> None:
    assert f"{contracts()[contract]} BROKEN" in verdict
