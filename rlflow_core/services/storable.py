"""What no database column can hold, or no page can show, found before anything is written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rlflow_core.plugin_api import MAX_TEXT
from rlflow_core.services.errors import Invalid

MAX_DEPTH = 64
MAX_KEYS = 1_000
INTEGERS = range(-(2**63), 2**63)


def check_storable(value: Any, path: str = "") -> None:
    """Raise Invalid that names the first place in `value` (JSON-like) which cannot be stored."""
    flaw = flaw_in(value, path)
    if flaw is not None:
        raise Invalid("A value cannot be stored.", {flaw[0]: [flaw[1]]})


def flaw_in(value: Any, path: str = "") -> tuple[str, str] | None:
    """The first place in `value` that cannot be stored and why, or None."""
    waiting: list[tuple[str, Any, int]] = [(path, value, 1)]
    while waiting:
        place, part, depth = waiting.pop()
        reason = _reason(part, depth)
        if reason is not None:
            return place[:200], reason
        if isinstance(part, Mapping):
            for key, inner in part.items():
                if reason := _reason(key, depth):
                    return place[:200], f"A key cannot be stored: {reason}"
                waiting.append((f"{place}.{key}" if place else str(key), inner, depth + 1))
        elif isinstance(part, Sequence) and not isinstance(part, str):
            waiting.extend((f"{place}.{n}", inner, depth + 1) for n, inner in enumerate(part))
    return None


def _reason(part: Any, depth: int) -> str | None:
    if isinstance(part, str):
        return _reason_of_text(part)
    if isinstance(part, float):
        return None if math.isfinite(part) else "Must be a finite number."
    if isinstance(part, int):
        return None if part in INTEGERS else "Must be an integer of at most 64 bits."
    if depth > MAX_DEPTH:
        return f"Nested deeper than {MAX_DEPTH} levels."
    if isinstance(part, Mapping) and len(part) > MAX_KEYS:
        return f"An object has at most {MAX_KEYS} keys; this has {len(part)}."
    return None


def _reason_of_text(text: str) -> str | None:
    if len(text) > MAX_TEXT:
        return f"A text has at most {MAX_TEXT:,} characters; this has {len(text):,}."
    if "\0" in text:
        return "Contains the character U+0000, which cannot be stored."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "Contains half of a surrogate pair, which is no character."
    return None
