"""Prompts and answers as trainers take them: plain text, or lists of messages, the same for a whole file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from marshmallow import ValidationError

from rlflow_core.plugin_api.exporter import DatasetInfo
from rlflow_core.plugin_api.views import Message

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
"""The type of a column of messages."""

ROLES = frozenset({"system", "user", "assistant", "tool"})


def holds_messages(info: DatasetInfo, wanted: str) -> bool:
    """Whether prompts become messages: `wanted` is "standard", "conversational", or "auto" for what the tasks need.

    Raises `ValidationError` on field `format` where plain text is wanted and the tasks are conversations.
    """
    one_question = info.max_messages <= 1 and set(info.roles) <= {"user"}
    if wanted == "standard" and not one_question:
        raise ValidationError(
            "These tasks are conversations, which plain text cannot hold. Choose auto or conversational.",
            "format",
        )
    return wanted == "conversational" or not one_question


def message_dicts(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as rows hold them."""
    return [{"role": message.role, "content": message.content} for message in messages]


def message_problems(name: str, messages: Sequence[Mapping[str, Any] | None]) -> Iterator[str]:
    """What is wrong with the messages in column `name` of a row that was read back."""
    for message in messages:
        if message is None or message["role"] is None or message["content"] is None:
            yield f"{name} has a message without role or content."
        elif message["role"] not in ROLES:
            yield f"{name} has the role {message['role']!r}; known are {', '.join(sorted(ROLES))}."
