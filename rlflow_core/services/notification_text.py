"""Notifications in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOUNS = {
    "import": ("The import into", "imports into"),
    "export": ("The export of", "exports of"),
    "generate": ("The generation of answers in", "generations of answers in"),
    "score": ("The scoring of", "scorings of"),
}


def message(kind: str, project: str, details: Mapping[str, Any], count: int) -> str:
    """One sentence that says what happened, `count` times, in the project of this name."""
    match kind:
        case "job_done" | "job_failed":
            return _job(kind == "job_failed", project, details, count)
        case "returned":
            what = "A task was" if count == 1 else f"{count:,} tasks were"
            return f"{what} returned to you in {project}."
        case "assigned":
            what = "a task" if count == 1 else f"{count:,} tasks"
            return f"You were asked by name to judge {what} in {project}."
        case _:
            return _finished(project, details.get("parked") or 0)


def _job(has_failed: bool, project: str, details: Mapping[str, Any], count: int) -> str:
    kind = str(details.get("job_kind", "job"))
    one, many = NOUNS.get(kind, (f"The job {kind} in", f"jobs of kind {kind} in"))
    if count > 1:
        return f"{count:,} {many} {project} {'failed' if has_failed else 'are done'}."
    if has_failed:
        return f"{one} {project} failed."
    return f"{one} {project} is done{_outcome(details.get('result') or {})}."


def _outcome(result: Mapping[str, Any]) -> str:
    parts = [
        f"{result[name]:,} {one if result[name] == 1 else many}"
        for name, one, many in (
            ("tasks", "task", "tasks"),
            ("refused", "line refused", "lines refused"),
            ("rows", "row", "rows"),
        )
        if isinstance(result.get(name), int) and (result[name] or name != "refused")
    ]
    return f": {', '.join(parts)}" if parts else ""


def _finished(project: str, parked: int) -> str:
    aside = f"; {parked:,} {'item was' if parked == 1 else 'items were'} set aside" if parked else ""
    return f"Everything in {project} is judged{aside}."
