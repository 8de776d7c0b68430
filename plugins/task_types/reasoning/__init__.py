"""The reasoning task type: a problem that is solved in steps, with mathematics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from rlflow_core.plugin_api import SchemaChoice, Segment, TaskType, hookimpl
from rlflow_plugins.task_types.reasoning.example import EXAMPLE_CONTENT, EXAMPLE_OUTPUTS
from rlflow_plugins.task_types.reasoning.schemas import ReasoningConfig, ReasoningContent
from rlflow_plugins.task_types.reasoning.steps import split


class Reasoning(TaskType):
    """Problems solved in steps."""

    key = "reasoning"
    title = "Reasoning"
    version = "1.0"
    description = (
        "A problem that is solved in steps: answers are split into steps once, mathematics is drawn."
    )
    config_schema = ReasoningConfig
    CONTENT_SCHEMA = ReasoningContent
    task_template = "task.html"
    output_template = "output.html"
    default_reward_schemas = (
        SchemaChoice(name="steps", key="steps"),
        SchemaChoice(name="reward", key="scalar"),
    )
    example_content: ClassVar[Mapping[str, Any]] = EXAMPLE_CONTENT
    example_outputs = EXAMPLE_OUTPUTS

    def segments(self, content: Mapping[str, Any], output: str) -> Iterable[Segment]:
        """The steps of an output, and its final answer where it gives one; none of an empty output."""
        return split(output, self.config["split_by"]) if output.strip() else []


@hookimpl
def register_task_types() -> list[type[TaskType]]:
    """The reasoning task type."""
    return [Reasoning]
