"""The docs say what is true: written from the code where they can be, checked against it where they cannot."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from repository import ROOT, setup_cfg, setup_lines

from rlflow_core.cli import cli

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def code_blocks(text: str) -> list[str]:
    """The commands of a page: what stands in ``` blocks of sh, and in backquotes."""
    return [*re.findall(r"```sh\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)]


def commands(program: str) -> set[str]:
    """What the pages call `program` with, up to the first option or comment."""
    found = set()
    for page in PAGES:
        for block in code_blocks(page.read_text(encoding="utf-8")):
            found |= set(re.findall(rf"(?:^|[|&(/ ]){program} ([a-z][a-z -]*[a-z])", block, re.MULTILINE))
    return found


def test_what_follows_from_the_code_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "from_code", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    named = {target for words in commands("make") for target in words.split()}
    assert named
    assert named <= targets


def test_the_makefile_has_the_targets_that_people_expect() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = " ".join(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for target in (
        "help",
        "setup",
        "demo",
        "test",
        "lint",
        "types",
        "wheel",
        "up",
        "worker",
        "bench",
        "assets",
    ):
        assert target in targets.split()


def test_every_command_of_rlflow_that_is_named_exists() -> None:
    missing = []
    for words in sorted(commands("rlflow")):
        group: click.Command | None = cli
        for word in words.split():
            if not isinstance(group, click.Group):
                break
            group = group.get_command(click.Context(cli), word)
            if group is None:
                missing.append(words)
                break
    assert missing == []


def test_every_dependency_has_a_reason_and_a_licence() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\S+) \| ([^|]+) \| [^|]+ \|$", page, re.MULTILINE))
    wanted = setup_lines("options", "install_requires")
    for extra in setup_cfg()["options.extras_require"]:
        wanted += setup_lines("options.extras_require", extra)
    assert rows.keys() - {"package", "---"} == {re.split(r"[<>=]", line)[0] for line in wanted}


def test_the_contributor_learns_what_the_reader_does() -> None:
    assert "make test" in README
    assert "make test" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
