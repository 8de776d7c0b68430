"""The project form as plain values: read from what was posted, made from settings, turned into settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_api import SchemaChoice, TaskType
from rlflow_core.plugin_host.form_data import ADD, DROP, read_form, row_numbers
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.errors import Invalid
from rlflow_core.services.project_settings import Choice, ProjectSettings
from rlflow_web.component_choice import SHOWN, Picked, classes, first_key, read_choice
from rlflow_web.project_schemas import Basics, Judging, judging_of, pairing_of

REFRESH = "_refresh"


@dataclass(frozen=True, slots=True)
class ProjectForm:
    """Everything that stands in the form."""

    task_type: Picked
    reward_schemas: tuple[Picked, ...]
    scorers: tuple[Picked, ...]
    aggregator: Picked
    router: Picked
    basics: Mapping[str, Any] = field(default_factory=dict)
    judging: Mapping[str, Any] = field(default_factory=dict)


def only_changes_form(form: Mapping[str, str]) -> bool:
    """Whether a button was pressed that changes the form itself, so that nothing is to be saved."""
    return any(name in form for name in (ADD, DROP, REFRESH))


def new_form(host: PluginHost) -> ProjectForm:
    """The form of a project that has only defaults."""
    task_type = Picked(first_key(host, "task_type"))
    return ProjectForm(
        task_type=task_type,
        reward_schemas=_defaults_of(host, task_type.key),
        scorers=tuple(Picked(key) for key in host.defaults("scorer")),
        aggregator=Picked(first_key(host, "aggregator")),
        router=Picked(first_key(host, "router")),
    )


def form_of(settings: ProjectSettings) -> ProjectForm:
    """The form with the settings of a project."""
    return ProjectForm(
        task_type=_picked(settings.task_type),
        reward_schemas=tuple(Picked(s.key, s.config, s.name) for s in settings.reward_schemas),
        scorers=tuple(_picked(choice) for choice in settings.scorers or ()),
        aggregator=_picked(settings.aggregator),
        router=_picked(settings.router),
        judging=judging_of(settings),
    )


def read_project_form(host: PluginHost, form: MultiDict[str, str]) -> ProjectForm:
    """What was posted; a button that adds or drops a row has had its effect."""
    task_type = read_choice(host, "task_type", form, "task_type")
    before = form.get(f"task_type.{SHOWN}", "")
    schemas = _rows(form, "reward_schemas", lambda path: read_choice(host, "reward_schema", form, path))
    if task_type.key != before and _same(schemas, _defaults_of(host, before)):
        schemas = _defaults_of(host, task_type.key)
    if form.get(ADD) == "reward_schemas":
        schemas = (*schemas, _next_schema(host, schemas))
    scorers = _rows(form, "scorers", lambda path: read_choice(host, "scorer", form, path))
    if form.get(ADD) == "scorers":
        scorers = (*scorers, Picked(_unused(host, "scorer", scorers)))
    return ProjectForm(
        task_type=task_type,
        reward_schemas=schemas,
        scorers=scorers,
        aggregator=read_choice(host, "aggregator", form, "aggregator"),
        router=read_choice(host, "router", form, "router"),
        basics=read_form(Basics, form),
        judging=read_form(Judging, form, "judging"),
    )


def settings_of(form: ProjectForm, before: ProjectSettings | None = None) -> ProjectSettings:
    """The settings that the form asks for; what it does not show stays as `before`. Raises Invalid."""
    judging = load(Judging, form.judging, "judging")
    pairing = pairing_of(judging)
    plain = {name: value for name, value in judging.items() if name not in ("pairing", "pairs")}
    settings = before or ProjectSettings(task_type=_choice(form.task_type))
    return replace(
        settings,
        task_type=_choice(form.task_type),
        reward_schemas=tuple(SchemaChoice(p.name, p.key, p.config) for p in form.reward_schemas),
        scorers=tuple(_choice(picked) for picked in form.scorers),
        aggregator=_choice(form.aggregator),
        router=_choice(form.router),
        pairing=pairing,
        **plain,
    )


def load(schema: type[Schema], values: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """`values` as `schema` loads them; Invalid, with the messages under `place`, where they do not fit."""
    try:
        loaded: dict[str, Any] = schema().load(values)
    except ValidationError as error:
        messages = dict(error.messages_dict)
        raise Invalid("Some values do not fit.", {place: messages} if place else messages) from error
    return loaded


def _rows(form: MultiDict[str, str], path: str, read: Callable[[str], Picked]) -> tuple[Picked, ...]:
    dropped = form.get(DROP, "")
    numbers = [number for number in row_numbers(form, path) if f"{path}.{number}" != dropped]
    return tuple(read(f"{path}.{number}") for number in numbers)


def _defaults_of(host: PluginHost, task_type: str) -> tuple[Picked, ...]:
    cls = classes(host, "task_type").get(task_type)
    if cls is None or not issubclass(cls, TaskType):
        return ()
    return tuple(Picked(s.key, s.config, s.name) for s in cls.default_reward_schemas)


def _same(rows: tuple[Picked, ...], others: tuple[Picked, ...]) -> bool:
    return [(row.name, row.key) for row in rows] == [(other.name, other.key) for other in others]


def _next_schema(host: PluginHost, rows: tuple[Picked, ...]) -> Picked:
    key = _unused(host, "reward_schema", rows)
    taken = {row.name for row in rows}
    names = [key, *(f"{key}_{number}" for number in range(2, len(rows) + 3))]
    return Picked(key, name=next(name for name in names if name not in taken))


def _unused(host: PluginHost, kind: Any, rows: tuple[Picked, ...]) -> str:
    on_offer = list(classes(host, kind))
    used = {row.key for row in rows}
    return next((key for key in on_offer if key not in used), on_offer[0] if on_offer else "")


def _picked(choice: Choice | None) -> Picked:
    return Picked(choice.key, choice.config) if choice else Picked("")


def _choice(picked: Picked) -> Choice:
    return Choice(picked.key, picked.config)
