"""The repository as its own tests look at it: files, syntax trees, and what setup.cfg says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("rlflow_core", "plugins", "web", "migrations")
FOLDERS = (*PRODUCT, "tests", "docs", "deploy", "benchmarks", "examples")
GENERATED = ("web/static/vendor", "web/static/rlflow.css")
UNCOMMITTED = (".env", "prometheus.yml")


def files(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    """The files of these folders that people wrote, by path."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes)
    return sorted(path for path in found if "__pycache__" not in path.parts and not _is_generated(path))


def _is_generated(path: Path) -> bool:
    return path.relative_to(ROOT).as_posix().startswith(GENERATED)


def name_of(path: Path) -> str:
    """A path as messages show it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every Python file of these folders, with "file:line"."""
    for path in files(*folders):
        for node in ast.walk(tree(path)):
            yield f"{name_of(path)}:{getattr(node, 'lineno', 0)}", node


def imported_names(node: ast.AST) -> list[str]:
    """The modules that an import statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module]
    return []


@cache
def setup_cfg() -> ConfigParser:
    """What setup.cfg says."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def setup_lines(section: str, option: str) -> list[str]:
    """The lines of a setting of setup.cfg that holds a list."""
    return [line.strip() for line in setup_cfg()[section][option].splitlines() if line.strip()]


def committed_texts() -> Iterator[tuple[Path, str]]:
    """Every text file under the folders of the repository and at its top, with its text."""
    below = (path for folder in (*FOLDERS, ".ci", ".github") for path in (ROOT / folder).rglob("*"))
    for path in sorted({*below, *ROOT.iterdir()}):
        if not path.is_file() or "__pycache__" in path.parts or path.name in UNCOMMITTED:
            continue
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            yield path, content.decode("utf-8")
