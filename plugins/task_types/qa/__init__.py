"""The question and answer task type: a prompt, perhaps with context and a reference answer, answered in prose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from rlflow_core.plugin_api import (
    MAX_TEXT,
    Message,
    Schema,
    SchemaChoice,
    TaskContent,
    TaskType,
    fields,
    hookimpl,
    validate,
)


class QaContent(TaskContent):
    """A prompt with what the model may read first and what a right answer says."""

    context = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={
            "label": "Context",
            "help": "What the model reads before the prompt, such as a passage.",
            "widget": "textarea",
        },
    )
    reference_answer = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={
            "label": "Reference answer",
            "help": "A right answer; models never see it.",
            "widget": "textarea",
        },
    )


class QaConfig(Schema):
    """What annotators see beside the prompt and the criteria."""

    show_context = fields.Boolean(
        load_default=True,
        metadata={"label": "Show the context", "help": "Annotators see the context above the prompt."},
    )
    show_reference = fields.Boolean(
        load_default=False,
        metadata={"label": "Show the reference answer", "help": "Annotators see it beside the prompt."},
    )


class Qa(TaskType):
    """Questions answered in prose."""

    key = "qa"
    title = "Question and answer"
    version = "1.0"
    description = "A prompt, optionally with context and a reference answer, answered in prose."
    default = True
    config_schema = QaConfig
    CONTENT_SCHEMA = QaContent
    task_template = "task.html"
    output_template = "output.html"
    default_reward_schemas = (
        SchemaChoice(name="preference", key="pairwise"),
        SchemaChoice(name="rationale", key="rationale"),
    )
    example_content: ClassVar[Mapping[str, Any]] = {
        "prompt": "In which year did the bridge open?",
        "context": "The bridge was begun in 1923 and opened to traffic in 1932.",
        "reference_answer": "1932",
        "expected_behavior": "Names the year and nothing that the context does not say.",
        "evaluation_criteria": "Correctness first, then brevity.",
    }

    def messages(self, content: Mapping[str, Any]) -> Iterable[Message]:
        """One user message: the context, where there is one, then the prompt."""
        context = content.get("context") or ""
        prompt = content["prompt"]
        return [Message(role="user", content=f"{context}\n\n{prompt}" if context.strip() else prompt)]


@hookimpl
def register_task_types() -> list[type[TaskType]]:
    """The question and answer task type."""
    return [Qa]
