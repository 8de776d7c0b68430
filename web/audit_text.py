"""What the audit page calls events, and the line that tells their details."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlflow_core.services.audit_lists import AuditView


def action_title(action: str) -> str:
    """`Sign in` for `sign_in`."""
    return action.replace("_", " ").capitalize()


def summary(event: AuditView) -> str:
    """The details of an event in one line, such as `old annotator, new researcher`."""
    return ", ".join(_said(name, value) for name, value in event.details.items() if _is_known(value))


def _said(name: str, value: Any) -> str:
    word = name.replace("_", " ")
    if isinstance(value, Mapping):
        inner = ", ".join(_said(key, one) for key, one in value.items() if _is_known(one))
        return f"{word} ({inner})"
    if isinstance(value, bool):
        return word
    if isinstance(value, list):
        return f"{word} {', '.join(str(one) for one in value)}"
    return f"{word} {value}"


def _is_known(value: Any) -> bool:
    return value is not None and value is not False and value not in ({}, [])
