"""The deployment files, read as the programs read them that they are for."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import yaml
from repository import ROOT

from rlflow_core.config import PLAIN_NAMES, Settings

SETTINGS = {f"RLFLOW_{name.upper()}" for name in Settings.__dataclass_fields__}
KNOWN = SETTINGS | {name.upper() for name in PLAIN_NAMES} | {"GROQ_API_KEY", "PYTHON_VERSION"}
PROMETHEUS = {
    "RLFLOW_SCHEME": "https",
    "RLFLOW_TARGET": "rlflow.example.org",
    "RLFLOW_METRICS_TOKEN": 'it\'s: a "token" & $more',
}


def load(name: str) -> Any:
    """A YAML file of the repository."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def rendered(**variables: str) -> subprocess.CompletedProcess[str]:
    """What render.sh makes of these variables."""
    return subprocess.run(
        ["sh", ROOT / "deploy" / "prometheus" / "render.sh"],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def metric_names(expression: str) -> set[str]:
    """The metrics that a PromQL expression reads: names that are no function, no label and no keyword."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on|ignoring)\s*\([^)]*\)", " ", bare)
    return {
        word for word in re.findall(r"\b[a-z_][a-z0-9_]*\b(?!\s*\()", bare) if "_" in word or word == "up"
    }
