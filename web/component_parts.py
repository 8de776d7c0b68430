"""What the components of an assignment show: each piece rendered, or marked as failed so that the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from rlflow_core.plugin_api import OutputView, TaskType, TaskView
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.services.project_settings import NamedSchema
from rlflow_web.static_files import module_url


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the page; without `html` the page shows the plain text, and says so where `failed`."""

    html: Markup | None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """One output: its letter, its text, and how the task type shows it."""

    letter: str
    text: str
    is_empty: bool
    part: Part


@dataclass(frozen=True, slots=True)
class Widget:
    """One question: the fieldset of a reward schema, its ES module, and what is wrong with the answer."""

    name: str
    title: str
    html: Markup | None
    module: str | None
    keys: Mapping[str, str]
    errors: Mapping[str, Any]

    @property
    def notes(self) -> list[str]:
        """The messages that no field of the widget can show."""
        if self.html is None:
            return list(_flat(self.errors))
        return list(_flat(self.errors.get("_schema", [])))


def task_part(host: PluginHost, bound: Bound[TaskType], task: TaskView) -> Part:
    """The task as its type shows it."""
    return _rendered(host, bound, bound.component.task_template, task=task)


def output_of(host: PluginHost, bound: Bound[TaskType], task: TaskView, output: OutputView) -> Output:
    """An output as the task type shows it; an empty one needs no template."""
    part = Part(None)
    if not output.is_empty:
        part = _rendered(host, bound, bound.component.output_template, task=task, output=output)
    return Output(output.letter, output.text, output.is_empty, part)


def comparison_of(
    host: PluginHost, bound: Bound[TaskType], task: TaskView, outputs: Sequence[OutputView]
) -> Markup | None:
    """What the outputs differ in, where the task type can show it; without it the outputs stand by themselves."""
    template = bound.component.comparison_template
    if template is None or len(outputs) < 2:
        return None
    return _rendered(host, bound, template, task=task, outputs=tuple(outputs)).html


def widget_of(
    host: PluginHost,
    schema: NamedSchema,
    task: TaskView,
    outputs: tuple[OutputView, ...],
    response: Mapping[str, Any],
    errors: Mapping[str, Any],
    *,
    readonly: bool,
) -> Widget:
    """The widget of a reward schema with what was answered and what is wrong with it."""
    component = schema.bound.component
    answer = response.get(schema.name)
    wrong = errors.get(schema.name)
    wrong = wrong if isinstance(wrong, Mapping) else {"_schema": wrong} if wrong else {}
    try:
        html = host.templates.widget(
            schema.bound,
            schema.name,
            task,
            outputs,
            response=answer if isinstance(answer, Mapping) else None,
            errors=wrong,
            readonly=readonly,
        )
    except ComponentFault:
        html = None
    module = module_url(schema.bound) if html is not None and not readonly else None
    return Widget(schema.name, component.title, html, module, component.keys, wrong)


def _rendered(host: PluginHost, bound: Bound[TaskType], template: str | None, **context: Any) -> Part:
    if template is None:
        return Part(None)
    try:
        return Part(host.templates.render(bound, template, **context))
    except ComponentFault:
        return Part(None, failed=True)


def _flat(messages: Any) -> list[str]:
    if isinstance(messages, Mapping):
        return [text for inner in messages.values() for text in _flat(inner)]
    if isinstance(messages, list | tuple):
        return [text for inner in messages for text in _flat(inner)]
    return [str(messages)]
