"""A component as a form lets people choose it: which ones there are, and the fields of the chosen one's config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_api import Component, Kind
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.config_form import FormField, form_fields
from rlflow_core.plugin_host.form_data import read_form
from rlflow_core.plugin_host.host import PluginHost

SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Picked:
    """What stands in the form: the key of a component, its config, and the name that a reward schema is given."""

    key: str
    config: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One choice as the template shows it; `options` are (key, title, description)."""

    path: str
    picked: Picked
    options: tuple[tuple[str, str, str], ...]
    title: str
    version: str
    description: str
    fields: tuple[FormField, ...]
    errors: tuple[str, ...] = ()
    name_errors: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The start of the ids of its inputs."""
        return self.path.replace(".", "-")


def classes(host: PluginHost, kind: Kind) -> dict[str, type[Component]]:
    """The components of a kind on offer, by key."""
    return {registered.key: registered.cls for registered in host.registry.of_kind(kind)}


def first_key(host: PluginHost, kind: Kind) -> str:
    """The key that a new form starts with: the default of the kind, else the first on offer."""
    keys = [*host.defaults(kind), *classes(host, kind)]
    return keys[0] if keys else ""


def read_choice(host: PluginHost, kind: Kind, form: MultiDict[str, str], path: str) -> Picked:
    """The choice under `path`; settings of another component than the one chosen now are left behind."""
    key = form.get(f"{path}.key", "")
    cls = classes(host, kind).get(key)
    config: dict[str, Any] = {}
    # Only fields that the form showed count: an absent checkbox of another component is not a "no".
    if cls is not None and form.get(f"{path}.{SHOWN}") == key:
        config = attempt(read_form, cls.config_schema, form, f"{path}.config").value or {}
    return Picked(key, config, form.get(f"{path}.name", "").strip())


def view_choice(
    host: PluginHost, kind: Kind, path: str, picked: Picked, errors: Mapping[str, Any]
) -> ChoiceView:
    """The choice with the fields of its component; `errors` are those under `path`."""
    on_offer = classes(host, kind)
    cls = on_offer.get(picked.key)
    config_errors = errors.get("config")
    return ChoiceView(
        path=path,
        picked=picked,
        options=tuple((key, offered.title, offered.description) for key, offered in on_offer.items()),
        title=cls.title if cls else picked.key,
        version=cls.version if cls else "",
        description=cls.description if cls else "",
        fields=config_fields(cls, picked.config, config_errors, f"{path}.config") if cls else (),
        errors=(*_texts(errors.get("key")), *_whole(config_errors)),
        name_errors=_texts(errors.get("name")),
    )


def config_fields(
    cls: type[Component], config: Mapping[str, Any], errors: object = None, prefix: str = ""
) -> tuple[FormField, ...]:
    """The fields of a component's config; none where its schema itself raises."""
    by_field = errors if isinstance(errors, Mapping) else {}
    return attempt(form_fields, cls.config_schema, config, by_field, prefix).value or ()


def _whole(errors: object) -> tuple[str, ...]:
    """The messages that are about a config as a whole."""
    return _texts(errors.get("_schema")) if isinstance(errors, Mapping) else _texts(errors)


def _texts(errors: object) -> tuple[str, ...]:
    if isinstance(errors, str):
        return (errors,)
    return tuple(str(error) for error in errors) if isinstance(errors, list | tuple) else ()
