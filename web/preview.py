"""A project as an annotator would see it, made from the examples of its components; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from marshmallow import ValidationError

from rlflow_core.plugin_api import OutputView, RewardSchema, Segment, TaskType, TaskView
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_web.component_choice import Picked
from rlflow_web.project_form import ProjectForm


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the preview, or the reason why it cannot be shown."""

    name: str
    html: Markup | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The task, two outputs and the widgets of the reward schemas, in the order in which they are shown."""

    task: Part
    outputs: tuple[Part, ...]
    widgets: tuple[Part, ...]


def preview(host: PluginHost, form: ProjectForm) -> Preview:
    """What an annotator would see with the settings that stand in the form."""
    bound = _build_task_type(host, form.task_type)
    if bound is None:
        return Preview(Part("task", None, "It shows here once its settings fit."), (), ())
    task = TaskView(id="example", version=1, content=bound.component.example_content)
    outputs = tuple(
        _output(host, bound, task, index) for index in range(len(bound.component.example_outputs))
    )
    return Preview(
        task=_task(host, bound, task),
        outputs=tuple(_shown(host, bound, task, output) for output in outputs),
        widgets=tuple(_widget(host, picked, task, outputs) for picked in form.reward_schemas),
    )


def _build_task_type(host: PluginHost, picked: Picked) -> Bound[TaskType] | None:
    try:
        return host.build(TaskType, picked.key, picked.config)
    except (LookupError, ValidationError, ComponentFault):
        return None


def _output(host: PluginHost, bound: Bound[TaskType], task: TaskView, index: int) -> OutputView:
    text = bound.component.example_outputs[index]
    segments: tuple[Segment, ...] = ()
    try:
        segments = tuple(host.guard.ask(bound, "segments", task.content, text))
    except ComponentFault:
        segments = ()
    return OutputView(id=f"example-{index + 1}", text=text, index=index, position=index, segments=segments)


def _task(host: PluginHost, bound: Bound[TaskType], task: TaskView) -> Part:
    template = bound.component.task_template
    if template is None:
        return Part("task", Markup('<p class="rl-prose p-4">{}</p>').format(task.content.get("prompt", "")))
    try:
        return Part("task", host.templates.render(bound, template, task=task))
    except ComponentFault as fault:
        return Part("task", None, str(fault))


def _shown(host: PluginHost, bound: Bound[TaskType], task: TaskView, output: OutputView) -> Part:
    template = bound.component.output_template
    if template is None:
        return Part(output.letter, Markup('<div class="rl-prose">{}</div>').format(output.text))
    try:
        return Part(output.letter, host.templates.render(bound, template, task=task, output=output))
    except ComponentFault as fault:
        return Part(output.letter, None, str(fault))


def _widget(host: PluginHost, picked: Picked, task: TaskView, outputs: tuple[OutputView, ...]) -> Part:
    name = picked.name or picked.key
    try:
        bound = host.build(RewardSchema, picked.key, picked.config)
        return Part(name, host.templates.widget(bound, name, task, outputs))
    except (LookupError, ValidationError):
        return Part(name, None, "It shows here once its settings fit.")
    except ComponentFault as fault:
        return Part(name, None, str(fault))
