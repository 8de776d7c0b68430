"""The locks: complete, pinned by hash, the same in all environments, and free of any package index."""

import re
from pathlib import Path

import pytest
from repository import ROOT, setup_cfg, setup_lines

RUNTIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
BUILD = ROOT / "requirements-build.lock"
LOCAL = ROOT / "requirements-local.lock"
LOCKS = (RUNTIME, DEVELOPMENT, BUILD, LOCAL)
# Too large to be in everybody's environment; its lock is its own.
LARGE = {"local": LOCAL}

PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)( ; [^\\]+)?( --hash=sha256:[0-9a-f]{64})+")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: Path) -> list[str]:
    """The requirements of a lock, one line each."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def versions(lock: Path) -> dict[str, set[str]]:
    """The versions that a lock pins, by package; some packages have one per platform."""
    found: dict[str, set[str]] = {}
    for entry in entries(lock):
        match = PINNED.fullmatch(entry)
        assert match, entry
        found.setdefault(canonical(match["name"]), set()).add(match["version"])
    return found


def wanted(section: str, option: str) -> set[str]:
    """The packages that a list of setup.cfg names."""
    return {canonical(re.split(r"[\[<>=~!; ]", line)[0]) for line in setup_lines(section, option)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_one_version_with_hashes(lock: Path) -> None:
    assert [entry for entry in entries(lock) if not PINNED.fullmatch(entry)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in text


def test_what_runs_is_locked() -> None:
    assert wanted("options", "install_requires") <= versions(RUNTIME).keys()


def test_what_tests_and_develops_is_locked() -> None:
    extras = setup_cfg()["options.extras_require"]
    named = {
        name for extra in extras if extra not in LARGE for name in wanted("options.extras_require", extra)
    }
    assert wanted("options", "install_requires") | named <= versions(DEVELOPMENT).keys()


@pytest.mark.parametrize("extra", LARGE)
def test_a_large_extra_is_locked_apart(extra: str) -> None:
    assert wanted("options.extras_require", extra) <= versions(LARGE[extra]).keys()


@pytest.mark.parametrize("lock", [RUNTIME, BUILD], ids=lambda lock: lock.name)
def test_tests_run_with_the_versions_that_users_get(lock: Path) -> None:
    tested = versions(DEVELOPMENT)
    assert {name: pinned for name, pinned in versions(lock).items() if tested.get(name) != pinned} == {}
