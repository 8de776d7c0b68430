"""How imports are put into words."""

from __future__ import annotations

from collections import Counter

from rlflow_core.services.import_undo import Undone
from rlflow_web.formats import plural


def undone_text(undone: Undone) -> str:
    """What was removed, and what stays for which reasons."""
    text = f"{plural(undone.removed, 'task')} removed."
    if not undone.kept:
        return text
    reasons = Counter(task.reason for task in undone.tasks)
    named = "; ".join(f"{count} because {reason}" for reason, count in reasons.most_common())
    of_first = f" Of the first {len(undone.tasks)}: " if undone.kept > len(undone.tasks) else " "
    return (
        f"{text} {plural(undone.kept, 'task')} {'stays' if undone.kept == 1 else 'stay'}.{of_first}{named}."
    )
