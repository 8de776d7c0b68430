"""The wheel holds all that RLFlow is and nothing else, and works installed in an environment of its own."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from repository import ROOT, setup_lines

# One process builds the wheel for all of these.
pytestmark = pytest.mark.xdist_group("wheel")

PACKAGES = {
    "rlflow_core": "rlflow_core",
    "plugins": "rlflow_plugins",
    "web": "rlflow_web",
    "migrations": "rlflow_migrations",
}
# What the stylesheet is built from; the stylesheet itself is shipped.
SOURCES_OF_ASSETS = Path("web/styles")
LISTS_COMPONENTS = """
import rlflow_core
from rlflow_core.app import create_app
from rlflow_core.plugin_host.host import get_host
app = create_app()
with app.app_context():
    host = get_host()
    assert not host.problems, host.problems
    print(rlflow_core.__file__)
    for registered in host.registry.all():
        print(registered.kind, registered.key, registered.cls.__module__)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command printed that must succeed, run without any setting of RLFlow."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("RLFLOW_", "PYTHON"))
    }
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the build leaves nothing in the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, source)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=source)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel and borrows the packages it needs from this one."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    programs = folder / "bin"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        programs / "python",
        "install",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=folder,
    )
    packages = run(
        programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    )
    borrowed = Path(packages.strip(), "borrowed.pth")
    borrowed.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return programs


def shipped(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_every_file_of_the_four_folders_is_in_the_wheel(wheel: Path) -> None:
    present = {
        f"{package}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, package in PACKAGES.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and SOURCES_OF_ASSETS not in path.relative_to(ROOT).parents
    }
    assert shipped(wheel) == present


def test_nothing_in_the_wheel_has_a_name_that_others_use(wheel: Path) -> None:
    assert {name.partition("/")[0] for name in shipped(wheel)} == set(PACKAGES.values())


def test_the_licence_and_the_notices_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        texts = {name.rpartition("/")[2] for name in archive.namelist() if ".dist-info/licenses/" in name}
    assert texts == {"LICENSE", "NOTICE"}


def test_the_installed_command_answers(environment: Path, tmp_path: Path) -> None:
    assert "Usage: rlflow" in run(environment / "rlflow", "--help", cwd=tmp_path)


def test_the_installed_migrations_make_a_database_in_an_empty_folder(
    environment: Path, tmp_path: Path
) -> None:
    run(environment / "rlflow", "db", "upgrade", cwd=tmp_path)
    assert (tmp_path / "rlflow-data" / "rlflow.sqlite").is_file()


def test_the_installed_product_has_every_built_in_plugin(environment: Path, tmp_path: Path) -> None:
    printed = run(environment / "python", "-c", LISTS_COMPONENTS, cwd=tmp_path)
    where, *components = printed.splitlines()
    assert Path(where).is_relative_to(environment.parent)
    plugins = {line.partition(" = ")[2] for line in setup_lines("options.entry_points", "rlflow.plugins")}
    assert {line.split()[-1] for line in components} == plugins - {"rlflow_web"}
