"""The components on offer as the plugins page lists them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rlflow_core.plugin_api import Component, Kind, TaskType
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.config_form import FormField, form_fields
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.secrets_in_config import unset
from rlflow_web.component_choice import config_fields

KIND_TITLES: dict[Kind, str] = {
    "task_type": "Task types",
    "reward_schema": "Reward schemas",
    "scorer": "Scorers",
    "aggregator": "Aggregators",
    "router": "Routers",
    "exporter": "Exporters",
    "llm_provider": "LLM providers",
}


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component: what it is, and which distribution brings it."""

    kind: Kind
    key: str
    title: str
    version: str
    description: str
    distribution: str
    distribution_version: str
    plugin: str
    is_default: bool
    missing: tuple[str, ...] = ()
    """Variables of the environment without which it cannot work, as far as they are not set."""

    def matches(self, text: str) -> bool:
        """Whether `text` is part of its key, title or distribution."""
        return any(text.casefold() in part.casefold() for part in (self.key, self.title, self.distribution))


def components(host: PluginHost) -> list[ComponentView]:
    """All components, by kind and key."""
    return [
        ComponentView(
            kind=registered.kind,
            key=registered.key,
            title=registered.cls.title,
            version=registered.cls.version,
            description=registered.cls.description,
            distribution=registered.source.distribution,
            distribution_version=registered.source.distribution_version,
            plugin=registered.source.name,
            is_default=registered.cls.default,
            missing=tuple(unset(getattr(registered.cls, "required_env", ()))),
        )
        for registered in host.registry.all()
    ]


def by_kind(views: Iterable[ComponentView]) -> dict[Kind, list[ComponentView]]:
    """The components under their kinds, in the order of KIND_TITLES."""
    grouped: dict[Kind, list[ComponentView]] = {kind: [] for kind in KIND_TITLES}
    for view in views:
        grouped[view.kind].append(view)
    return grouped


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a config: what it `takes` and its default, in words."""

    name: str
    label: str
    takes: str
    default: str
    help: str
    required: bool


def fields_of(cls: type[Component]) -> list[FieldView]:
    """The fields of a component's config, nested ones after their group."""
    return list(_described(config_fields(cls, {})))


def content_fields(host: PluginHost, task_type: str) -> list[FieldView]:
    """What a task of this type may contain; nothing where the task type is gone or its schema raises."""
    cls = next((r.cls for r in host.registry.of_kind("task_type") if r.key == task_type), None)
    if cls is None or not issubclass(cls, TaskType):
        return []
    return list(_described(attempt(form_fields, cls.CONTENT_SCHEMA).value or ()))


def _described(tree: Iterable[FormField]) -> Iterable[FieldView]:
    for field in tree:
        yield FieldView(
            name=field.name,
            label=field.label,
            takes=_what_it_takes(field),
            default=_default(field.value),
            help=field.help,
            required=field.required,
        )
        yield from _described(field.children)
        yield from _described(field.template)


def _what_it_takes(field: FormField) -> str:
    if field.choices:
        several = "any of " if field.widget == "choices" else ""
        return several + ", ".join(value for value, _ in field.choices)
    if field.widget == "number":
        limits = [
            f"from {field.minimum:g}" if field.minimum is not None else "",
            f"to {field.maximum:g}" if field.maximum is not None else "",
        ]
        return " ".join(["whole number" if field.step == "1" else "number", *filter(None, limits)])
    words = {"checkbox": "yes or no", "group": "a group", "rows": "rows", "secret": "name of a variable"}
    text = words.get(field.widget, "text")
    return f"{text}, at most {field.max_length:,} characters" if field.max_length else text


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value in (None, "") else str(value)
