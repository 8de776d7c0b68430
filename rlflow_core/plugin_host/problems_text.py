"""How an exception of a plugin is put into words."""

from __future__ import annotations

import traceback
from typing import Any

from marshmallow import ValidationError

MESSAGE_LENGTH = 2_000
TRACEBACK_LENGTH = 20_000


def describe(error: BaseException) -> str:
    """What went wrong in one line, with the kind of error."""
    text = " ".join(str(error).split())[:MESSAGE_LENGTH]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def traceback_of(error: BaseException) -> str:
    """The end of the traceback, which is where the cause is."""
    return "".join(traceback.format_exception(error))[-TRACEBACK_LENGTH:]


def messages_of(error: ValidationError) -> dict[str, Any]:
    """The messages of a validation by field, whichever way the component raised them."""
    messages: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]  # has no types
    return messages
