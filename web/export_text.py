"""How exports are put into words: their rows as JSON, the lines of code that load them, their states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from rlflow_core.services.exports.requests import Export
from rlflow_web.formats import percent

TEXT_SHOWN = 400
# The builders of the datasets library, by the kind of file.
BUILDERS = {"jsonl": "json", "parquet": "parquet", "csv": "csv"}
STATES = {
    "queued": ("Waiting", "run"),
    "running": ("Building", "run"),
    "ready": ("Ready", "ok"),
    "failed": ("Failed", "bad"),
    "cancelled": ("Stopped", ""),
}


def row_text(row: Mapping[str, Any]) -> str:
    """A row as readable JSON; long texts are cut, which `…` shows."""
    return orjson.dumps(_cut(row), option=orjson.OPT_INDENT_2, default=str).decode()


def snippet(container: str, file_name: str) -> str:
    """The code that loads a file with the datasets library."""
    builder = BUILDERS.get(container, container)
    return (
        "from datasets import load_dataset\n\n"
        f'rows = load_dataset(\n    "{builder}",\n    data_files="{file_name}",\n    split="train",\n)'
    )


def size_of(export: Export) -> int | None:
    """The bytes of the data file, if it is there."""
    return (export.manifest or {}).get("bytes")


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= TEXT_SHOWN else value[:TEXT_SHOWN] + " …"
    if isinstance(value, Mapping):
        return {str(name): _cut(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_cut(part) for part in value]
    return value


def export_state(export: Export) -> tuple[str, str]:
    """The state of an export: a word, and the kind of its dot."""
    word, kind = STATES[export.status]
    if export.status == "running" and export.total:
        return f"{word}, {percent(export.progress / export.total)}", kind
    return word, kind
