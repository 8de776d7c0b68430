"""The form of a task as plain values: the fields of its type, then what every task may carry beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_api import MAX_TEXT, TaskType
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.config_form import FormField, form_fields
from rlflow_core.plugin_host.form_data import read_form
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.services.errors import Invalid
from rlflow_core.services.task_changes import TaskChange
from rlflow_core.services.task_drafts import OutputDraft, TaskDraft
from rlflow_core.services.task_lists import TaskDetail

CONTENT = "content"
STATUSES = {
    "open": "Open",
    "draft": "Draft",
    "paused": "Paused",
    "completed": "Completed",
    "archived": "Archived",
}


def _json_object(text: str) -> None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValidationError(f"This is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ValidationError('Write an object, like {"source": "textbook"}.')


class OutputRow(Schema):
    """One output made elsewhere."""

    model_id = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"label": "Model", "help": "Hidden from annotators where the project says so."},
    )
    output = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={"label": "Output", "widget": "textarea"},
    )


class Beside(Schema):
    """What a task carries beside its content."""

    status = fields.String(
        load_default="open",
        validate=validate.OneOf(list(STATUSES), labels=list(STATUSES.values())),
        metadata={"label": "State", "help": "Only open tasks are handed out."},
    )
    priority = fields.Integer(
        load_default=0,
        validate=validate.Range(min=-1_000_000, max=1_000_000),
        metadata={"label": "Priority", "help": "Higher goes first, where the order of work looks at it."},
    )
    tags = fields.List(
        fields.String(validate=validate.Length(max=100)),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={"label": "Tags", "help": "One a line."},
    )
    metadata = fields.String(
        load_default="",
        validate=lambda text: _json_object(text) if text.strip() else None,
        metadata={"label": "Metadata", "help": "A JSON object; it goes into exports.", "widget": "textarea"},
    )


class New(Beside):
    """What only a new task is asked for."""

    key = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"label": "Key", "help": "Its name elsewhere; unique in the project."},
    )
    outputs = fields.List(
        fields.Nested(OutputRow),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"label": "Outputs", "help": "Answers that you have already; models can be asked later."},
    )


@dataclass(frozen=True, slots=True)
class TaskForm:
    """Everything that stands in the form of one task type."""

    task_type: type[TaskType]
    beside: type[Beside]
    content: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    def content_fields(self, errors: Mapping[str, Any]) -> tuple[FormField, ...]:
        """The fields of the task type; none where its schema raises."""
        found = attempt(form_fields, self.task_type.CONTENT_SCHEMA, self.content, errors, CONTENT)
        return found.value or ()

    def beside_fields(self, errors: Mapping[str, Any]) -> tuple[FormField, ...]:
        """The fields that tasks of all types have."""
        return form_fields(self.beside, self.values, errors)


def new_task_form(task_type: type[TaskType]) -> TaskForm:
    """The form of a new task."""
    return TaskForm(task_type, New)


def form_of_task(task_type: type[TaskType], task: TaskDetail) -> TaskForm:
    """The form with what a task holds at its newest version."""
    values = {
        "status": task.status,
        "priority": task.priority,
        "tags": list(task.tags),
        "metadata": orjson.dumps(task.metadata, option=orjson.OPT_INDENT_2).decode() if task.metadata else "",
    }
    return TaskForm(task_type, Beside, task.content, values)


def read_task_form(task_type: type[TaskType], beside: type[Beside], form: MultiDict[str, str]) -> TaskForm:
    """What was posted; a button that adds or drops a row has had its effect."""
    content = attempt(read_form, task_type.CONTENT_SCHEMA, form, CONTENT).value or {}
    return TaskForm(task_type, beside, content, read_form(beside, form))


def draft_of(form: TaskForm) -> TaskDraft:
    """The new task that the form asks for; Invalid where its plain fields do not fit."""
    loaded = _loaded(form)
    return TaskDraft(
        content=form.content,
        outputs=tuple(_output(row) for row in loaded["outputs"]),
        tags=tuple(loaded["tags"]),
        metadata=_metadata(loaded),
        priority=loaded["priority"],
        key=loaded["key"].strip() or None,
        status=loaded["status"],
    )


def change_of(form: TaskForm) -> TaskChange:
    """The new version that the form asks for; Invalid where its plain fields do not fit."""
    loaded = _loaded(form)
    return TaskChange(
        content=form.content,
        tags=tuple(loaded["tags"]),
        metadata=_metadata(loaded),
        priority=loaded["priority"],
        status=loaded["status"],
    )


def read_outputs(form: MultiDict[str, str]) -> OutputDraft:
    """The one output that a small form adds; Invalid where it does not fit."""
    try:
        return _output(OutputRow().load(read_form(OutputRow, form)))
    except ValidationError as error:
        raise Invalid("The output does not fit.", messages_of(error)) from error


def _loaded(form: TaskForm) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = form.beside().load(form.values)
    except ValidationError as error:
        raise Invalid("Some values do not fit.", messages_of(error)) from error
    return loaded


def _metadata(loaded: Mapping[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(loaded["metadata"]) if loaded["metadata"].strip() else {}
    return parsed


def _output(row: Mapping[str, Any]) -> OutputDraft:
    return OutputDraft(output=row["output"], model_id=row["model_id"].strip() or None)
