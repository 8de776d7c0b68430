"""Small plugins written to disk for one test: good ones, and ones that are broken in a particular way."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

IMPORTS = """
import os, sys, time
from rlflow_core.plugin_api import *
"""

SCORER = """
class Plain(Scorer):
    key = "{key}"
    title = "A scorer"
    version = "1"
    scope = "project"

    def SCORE(self, data):
{body}

@hookimpl
def register_scorers():
    return [Plain]
"""


def write_plugin(folder: Path, name: str, body: str) -> Path:
    """A single-file plugin with everything of the plugin API imported."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(dedent(IMPORTS) + dedent(body))
    return path


def write_scorer(folder: Path, key: str, body: str) -> Path:
    """A plugin with one project scorer whose SCORE has `body`."""
    lines = dedent(body).strip().splitlines()
    indented = "\n".join(" " * 8 + line for line in lines)
    return write_plugin(folder, key, SCORER.format(key=key, body=indented))


def install(folder: Path, distribution: str, module: str, body: str, entry_point: str | None = None) -> None:
    """A distribution with one module and one entry point, as pip would lay it out in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{module}.py").write_text(dedent(IMPORTS) + dedent(body))
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[rlflow.plugins]\n{entry_point or module} = {module}\n")
