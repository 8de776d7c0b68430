"""The task type component: what a task contains and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from marshmallow import Schema, fields, validate

from rlflow_core.plugin_api.component import Component, Kind
from rlflow_core.plugin_api.views import Message, Segment

MAX_TEXT = 1_000_000


class TaskContent(Schema):
    """The content that every task has; a task type's CONTENT_SCHEMA inherits it and adds its own fields."""

    prompt = fields.String(
        required=True,
        validate=validate.Length(min=1, max=MAX_TEXT),
        metadata={"label": "Prompt", "help": "What the model was asked.", "widget": "textarea"},
    )
    expected_behavior = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={"label": "Expected behaviour", "help": "What a good answer does.", "widget": "textarea"},
    )
    evaluation_criteria = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={"label": "Judge by", "help": "What counts, in which order.", "widget": "textarea"},
    )


@dataclass(frozen=True, slots=True)
class SchemaChoice:
    """A reward schema as a project lists it: a name of its own, the component's key and its config."""

    name: str
    key: str
    config: Mapping[str, Any] = field(default_factory=dict)


class TaskType(Component):
    """What a task contains (CONTENT_SCHEMA), how it becomes chat messages, and how it is shown."""

    kind: ClassVar[Kind] = "task_type"
    CONTENT_SCHEMA: ClassVar[type[Schema]] = TaskContent
    task_template: ClassVar[str | None] = None
    """Template of the task in the component's folder (context: task, config); None: prompt and criteria as text."""
    output_template: ClassVar[str | None] = None
    """Template of one output in the component's folder (context: output, task, config); None: prose."""
    comparison_template: ClassVar[str | None] = None
    """Template of what two or more outputs differ in (context: outputs as shown, task, config); None: no such view."""
    default_reward_schemas: ClassVar[Sequence[SchemaChoice]] = ()
    example_content: ClassVar[Mapping[str, Any]] = {"prompt": "Why is the sky blue?"}
    example_outputs: ClassVar[Sequence[str]] = (
        "This is an example of a short answer. It says what was asked and nothing else.",
        "This is an example of a longer answer. It begins with what was asked, then explains how it got there, "
        "and ends with something that nobody asked for.",
    )
    """Two answers to the example content, for the preview of a project."""

    def messages(self, content: Mapping[str, Any]) -> Iterable[Message]:
        """The chat messages that models answer; by default the prompt as one user message."""
        return [Message(role="user", content=content["prompt"])]

    def segments(self, content: Mapping[str, Any], output: str) -> Iterable[Segment]:
        """The parts of an output that labels may refer to, stored once when the output arrives; none by default."""
        return []
