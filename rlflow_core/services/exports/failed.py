"""Why an export gives no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class ExportFailed(Exception):
    """An export cannot be finished; `problems` says why, each in a sentence that its user can act on.

    `errors` names settings that are to be changed, field by field.
    """

    def __init__(self, *problems: str, errors: Mapping[str, Any] | None = None) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems
        self.errors = dict(errors or {})


def sentences(errors: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Messages by field, however deep, as sentences that begin with the place of the field."""
    for field, messages in errors.items():
        path = f"{place}{field}"
        if isinstance(messages, Mapping):
            yield from sentences(messages, f"{path}.")
        else:
            texts = [messages] if isinstance(messages, str) else messages
            yield f"{path}: {' '.join(map(str, texts))}"
