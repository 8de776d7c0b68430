"""The one problem that is shown where there is room for one: the first of nested validation messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def first_problem(errors: Mapping[Any, Any]) -> tuple[str, str]:
    """The dotted path and the text of the first message in `errors`, and how many more there are."""
    found = list(_leaves(errors, ()))
    if not found:
        return "", "It does not fit."
    path, reason = found[0]
    more = len(found) - 1
    return path, f"{reason} ({more} more.)" if more else reason


def _leaves(errors: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from _leaves(inner, path if name == "_schema" else (*path, str(name)))
    elif isinstance(errors, list | tuple):
        for inner in errors:
            yield from _leaves(inner, path)
    else:
        yield ".".join(path), str(errors)
