"""Frozen views of platform data that components are given instead of database rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from marshmallow import ValidationError

from rlflow_core.plugin_api.signals import Signal

Role = Literal["system", "user", "assistant", "tool"]
SegmentKind = Literal["turn", "step", "tool_call", "answer"]


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stored part of an output (a turn, step, tool call or final answer) that labels refer to by `index`."""

    index: int
    kind: SegmentKind
    text: str
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task at one version; `content` fits the task type's CONTENT_SCHEMA, `key` is its name where it came from."""

    id: str
    version: int
    content: Mapping[str, Any]
    messages: tuple[Message, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class OutputView:
    """One model's answer within an item.

    `index` is its fixed place in the item, `position` the place where it was shown to the annotator (both
    from 0; `position` is None outside an assignment). `model_id` is None where the project hides it.
    """

    id: str
    text: str
    index: int = 0
    position: int | None = None
    segments: tuple[Segment, ...] = ()
    model_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the model answered nothing but white space."""
        return not self.text.strip()

    @property
    def letter(self) -> str:
        """The letter an annotator knows this output by: A for the first one shown, AA after Z."""
        number = self.index if self.position is None else self.position
        letters = ""
        while number >= 0:
            letters = chr(ord("A") + number % 26) + letters
            number = number // 26 - 1
        return letters


@dataclass(frozen=True, slots=True)
class ItemView:
    """What a router ranks: one item with its task and how much is still wanted of it."""

    id: str
    task: TaskView
    seq: int
    priority: int
    wanted: int
    places_left: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AnnotatorView:
    """The annotator a router picks for, without anything that identifies the person."""

    pseudonym: str
    lanes: tuple[str, ...] = ()
    done: int = 0


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's standing response to an item, under a pseudonym that is random per project.

    `signals` are what its reward schemas measured in it, by the name of the schema; `reward_scalar`, `rationale`
    and `quality_score` are null where the project has no such thing.
    """

    feedback: str
    revision: int
    annotator: str
    by: Literal["human", "model", "imported"]
    source: Literal["ui", "api", "import"]
    response: Mapping[str, Any]
    seconds: float | None
    created_at: datetime
    reward_scalar: float | None = None
    rationale: str | None = None
    quality_score: float | None = None
    signals: Mapping[str, tuple[Signal, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportView:
    """A finished export, as the `export_finished` hook sees it."""

    id: str
    project: str
    layout: str
    container: str
    rows: int
    sha256: str


AnyOutput = TypeVar("AnyOutput", bound=OutputView)


def find_output(outputs: Sequence[AnyOutput], reference: str, field_name: str = "output") -> AnyOutput:
    """The output that `reference` names, by its id or by its place as shown counted from "1".

    Raises `marshmallow.ValidationError` that lists what may be named: responses never refer to outputs of
    another task.
    """
    for output in outputs:
        if output.id == reference:
            return output
    if reference.isascii() and reference.isdigit() and 1 <= int(reference[:4]) <= len(outputs):
        return outputs[int(reference[:4]) - 1]
    known = ", ".join(output.id for output in outputs)
    raise ValidationError(
        f"{reference[:80]!r} is not an output of this assignment. It has: {known}, or 1 to {len(outputs)}.",
        field_name,
    )
