"""How jobs are put into words."""

from __future__ import annotations

WORDS = {
    "import": "Import",
    "export": "Export",
    "score": "Scores",
    "aggregate": "Consensus",
    "generate": "Generate",
    "assign": "Order of work",
    "expire": "Expire reservations",
    "notify": "Notifications",
}


def job_title(kind: str) -> str:
    """What a job of this kind does."""
    return WORDS.get(kind, kind.replace("_", " ").capitalize())
