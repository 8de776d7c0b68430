"""The coding task type: a prompt with code to start from and tests, answered in code or in prose with code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from rlflow_core.plugin_api import Message, SchemaChoice, TaskType, hookimpl
from rlflow_plugins.task_types.coding.example import EXAMPLE_CONTENT, EXAMPLE_OUTPUTS
from rlflow_plugins.task_types.coding.schemas import CodingConfig, CodingContent


class Coding(TaskType):
    """Programming tasks."""

    key = "coding"
    title = "Coding"
    version = "1.0"
    description = (
        "A programming task with code to start from and tests; answers shown as code, with their diff."
    )
    config_schema = CodingConfig
    CONTENT_SCHEMA = CodingContent
    task_template = "task.html"
    output_template = "output.html"
    comparison_template = "comparison.html"
    default_reward_schemas = (
        SchemaChoice(name="reward", key="scalar"),
        SchemaChoice(name="rationale", key="rationale"),
    )
    example_content: ClassVar[Mapping[str, Any]] = EXAMPLE_CONTENT
    example_outputs = EXAMPLE_OUTPUTS

    def messages(self, content: Mapping[str, Any]) -> Iterable[Message]:
        """One user message: the prompt, then the code to start from in a fence that its content cannot close."""
        parts = [content["prompt"]]
        starter = content.get("starter_code") or ""
        if starter.strip():
            fence = _fence_around(starter)
            language = content.get("language") or ""
            parts.append(f"{fence}{'' if language == 'other' else language}\n{starter.rstrip()}\n{fence}")
        return [Message(role="user", content="\n\n".join(parts))]


def _fence_around(code: str) -> str:
    fence = "```"
    while fence in code:
        fence += "`"
    return fence


@hookimpl
def register_task_types() -> list[type[TaskType]]:
    """The coding task type."""
    return [Coding]
