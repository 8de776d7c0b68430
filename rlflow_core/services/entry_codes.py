"""The codes by which people join projects: easy to read out, hard to guess."""

from __future__ import annotations

import secrets

from rlflow_core.models import Project

# Without letters and digits that look like others.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
HALF = 5


def give_code(project: Project) -> None:
    """Give the project a code if people join it by one and it has none; it keeps the code for good."""
    if project.entry == "code" and project.entry_code is None:
        project.entry_code = f"{_letters()}-{_letters()}"


def as_written(code: str) -> str:
    """The code as it is stored, however somebody typed it."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return f"{plain[:HALF]}-{plain[HALF:]}"[:16]


def _letters() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(HALF))
