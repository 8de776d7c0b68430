"""Writes what docs/ and .env.example say about settings, hooks, components and routes from the code itself.

`python docs/from_code` writes; with `--check` it changes nothing, and exits 1 where a page is not current.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from plugin_tables import components_table, hooks_table
from reward_schema_tables import responses
from settings import env_example, settings_table

from rlflow_core.app import create_app
from rlflow_core.config import load_settings

ROOT = Path(__file__).resolve().parents[2]
PART = re.compile(r"(<!-- from the code: (\w+) -->)\n.*?(<!-- end -->)", re.DOTALL)
PARTS: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "hooks": hooks_table,
    "components": components_table,
    "responses": responses,
}
# Python 3.13 calls these statuses by newer names; the document is the same with every Python.
RENAMED = {
    "Request Entity Too Large": "Content Too Large",
    "Requested Range Not Satisfiable": "Range Not Satisfiable",
    "Unprocessable Entity": "Unprocessable Content",
}


def openapi() -> str:
    """The OpenAPI document of the API with its built-in plugins."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_settings({"RLFLOW_DATA_DIR": folder, "RLFLOW_SAFE_MODE": "1"}))
        text = app.test_client().get("/api/v1/openapi.json").text
    for old, new in RENAMED.items():
        text = text.replace(old, new).replace(_constant(old), _constant(new))
    return json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _constant(phrase: str) -> str:
    return phrase.upper().replace(" ", "_")


def with_parts(text: str) -> str:
    """A page with its marked parts as the code has them now."""
    return PART.sub(lambda part: f"{part[1]}\n\n{PARTS[part[2]]()}\n{part[3]}", text)


def pages() -> dict[Path, str]:
    """Every page that holds something from the code, as it should be."""
    found = {ROOT / ".env.example": env_example(), ROOT / "docs" / "openapi.json": openapi()}
    for page in sorted((ROOT / "docs").glob("*.md")):
        found[page] = with_parts(page.read_text(encoding="utf-8"))
    return found


def is_current(page: Path, text: str) -> bool:
    """Whether the page is there as it should be."""
    return page.exists() and page.read_text(encoding="utf-8") == text


def main() -> int:
    """Write what is not current, or with `--check` say so; the exit code."""
    stale = {page: text for page, text in pages().items() if not is_current(page, text)}
    if "--check" in sys.argv[1:]:
        for page in stale:
            sys.stdout.write(f"{page.relative_to(ROOT)} is not current. Run `make docs` and commit it.\n")
        return 1 if stale else 0
    for page, text in stale.items():
        page.write_text(text, encoding="utf-8")
        sys.stdout.write(f"Wrote {page.relative_to(ROOT)}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
