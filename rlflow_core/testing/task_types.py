"""The conformance check of task types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields

from rlflow_core.plugin_api import Message, OutputView, Segment, TaskContent, TaskType, TaskView
from rlflow_core.plugin_api.views import Role, SegmentKind
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.testing.examples import MARKUP
from rlflow_core.testing.findings import Findings
from rlflow_core.testing.identity import built, check_form
from rlflow_core.testing.markup import parse
from rlflow_core.testing.rendering import FORBIDDEN, render

CONTENT = "CONTENT_SCHEMA"
ODD_OUTPUTS = ("", " \n ", MARKUP, "1. one\r\n2. two", "\N{FAMILY}\u200d\N{LATIN SMALL LETTER E}\u0301" * 3)
NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_task_type(cls: type[TaskType], config: Mapping[str, Any] | None = None) -> None:
    """Raise NotConforming where a task type breaks its contract, by its own example content and outputs."""
    found = Findings(cls)
    task_type = built(TaskType, cls, config, found)
    if task_type is not None:
        content = _check_content(task_type, found)
        _check_defaults(task_type, found)
        found.expect(
            len(task_type.example_outputs) >= 2, "example_outputs", "has fewer than the two of a preview"
        )
        if content is not None:
            _check_messages(task_type, content, found)
            for output in (*task_type.example_outputs, *ODD_OUTPUTS):
                _check_segments(task_type, content, output, found)
            _check_templates(task_type, content, found)
    found.finish()


def _check_content(task_type: TaskType, found: Findings) -> Mapping[str, Any] | None:
    schema = task_type.CONTENT_SCHEMA
    if not found.expect(
        issubclass(schema, TaskContent), CONTENT, "does not inherit TaskContent, whose prompt all use"
    ):
        return None
    check_form(schema, CONTENT, found)
    content = found.run("example_content", _round_trip, schema, task_type.example_content)
    if content is None:
        return None
    again = found.run(CONTENT, _round_trip, schema, content)
    found.expect(again == content, CONTENT, "reads what it has written as something else")
    refused = attempt(_round_trip, schema, {**task_type.example_content, "no_such_field": 1})
    found.expect(isinstance(refused.error, ValidationError), CONTENT, "takes fields that it does not have")
    return content


def _round_trip(schema: type[Schema], content: Mapping[str, Any]) -> Mapping[str, Any]:
    made = schema()
    dumped: Mapping[str, Any] = made.dump(made.load(dict(content)))
    return dumped


def _check_defaults(task_type: TaskType, found: Findings) -> None:
    names = [choice.name for choice in task_type.default_reward_schemas]
    found.expect(len(set(names)) == len(names), "default_reward_schemas", "names two reward schemas the same")
    for name in names:
        found.expect(
            bool(NAME.fullmatch(name)), "default_reward_schemas", f"{name!r} must match {NAME.pattern}"
        )


def _check_messages(task_type: TaskType, content: Mapping[str, Any], found: Findings) -> None:
    given = found.run("messages", lambda: list(task_type.messages(content)))
    if given is None or not found.expect(
        bool(given), "messages", "gives none: a model would have nothing to answer"
    ):
        return
    for message in given:
        fits = (
            isinstance(message, Message)
            and message.role in get_args(Role)
            and isinstance(message.content, str)
        )
        found.expect(fits, "messages", f"gives {message!r}, which is no Message")
    again = found.run("messages", lambda: list(task_type.messages(content)))
    found.expect(again == given, "messages", "gives other messages when asked again")


def _check_segments(task_type: TaskType, content: Mapping[str, Any], output: str, found: Findings) -> None:
    given = found.run("segments", lambda: list(task_type.segments(content, output)))
    if given is None:
        return
    for place, segment in enumerate(given):
        fits = (
            isinstance(segment, Segment)
            and segment.kind in get_args(SegmentKind)
            and isinstance(segment.text, str)
        )
        if not found.expect(fits, "segments", f"gives {segment!r}, which is no Segment"):
            return
        found.expect(
            segment.index == place, "segments", "are not numbered 0, 1, 2, ...: labels refer to the index"
        )
    again = found.run("segments", lambda: list(task_type.segments(content, output)))
    found.expect(
        again == given, "segments", "gives other segments when asked again: labels would be renumbered"
    )


def _check_templates(task_type: TaskType, content: Mapping[str, Any], found: Findings) -> None:
    for shown in (content, _with_markup(task_type.CONTENT_SCHEMA, content)):
        task = TaskView("task-1", 1, shown)
        outputs = [
            _view(task_type, shown, text, place)
            for place, text in enumerate((*task_type.example_outputs, MARKUP))
        ]
        if task_type.task_template:
            _check_html(task_type, task_type.task_template, found, task=task)
        if task_type.output_template:
            for output in outputs:
                _check_html(task_type, task_type.output_template, found, task=task, output=output)
        if task_type.comparison_template:
            _check_html(task_type, task_type.comparison_template, found, task=task, outputs=tuple(outputs))


def _view(task_type: TaskType, content: Mapping[str, Any], text: str, place: int) -> OutputView:
    segments = attempt(lambda: tuple(task_type.segments(content, text))).value or ()
    return OutputView(f"output-{place}", text, place, place, segments)


def _with_markup(schema: type[Schema], content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content with markup in every free text that the schema lets it stand in."""
    changed = dict(content)
    for name, field in schema().fields.items():
        if isinstance(field, fields.String) and isinstance(content.get(name), str):
            tried = {**changed, name: MARKUP}
            if attempt(_round_trip, schema, tried).error is None:
                changed = tried
    return changed


def _check_html(task_type: TaskType, template: str, found: Findings, **context: Any) -> None:
    html = found.run(template, render, task_type, template, **context)
    if html is None:
        return
    for element in parse(html).walk():
        found.expect(element.tag not in FORBIDDEN, template, f"holds a <{element.tag}>")
        handlers = [name for name in element.attributes if name.startswith("on")]
        found.expect(
            not handlers, template, f"has the attribute {', '.join(handlers)}: scripts stand in modules only"
        )
