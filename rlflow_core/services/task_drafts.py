"""Tasks, outputs and votes as they come from outside, before anything is checked against a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class OutputDraft:
    """One model's answer with whatever is known about its making; an empty `output` is an answer too."""

    output: str
    model_id: str | None = None
    provider: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    finish_reason: str | None = None
    latency_ms: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    generated_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the model answered nothing but white space."""
        return not self.output.strip()


@dataclass(frozen=True, slots=True)
class VoteDraft:
    """A judgement made elsewhere by `annotator`, a name within the project.

    `body` is `{"response": {schema name: ...}}` or shorthands; `outputs` counts from 1 and says what was compared,
    in the order shown; None: all outputs of the task's only item.
    """

    annotator: str
    body: Mapping[str, Any]
    outputs: tuple[int, ...] | None = None
    created_at: datetime | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task with its outputs and votes; `key` is its name in the place it comes from."""

    content: Mapping[str, Any]
    outputs: tuple[OutputDraft, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0
    key: str | None = None
    status: str = "open"
    votes: tuple[VoteDraft, ...] = ()
