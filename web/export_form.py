"""The export form as plain values: layout, container, config of the layout, filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_api import Exporter
from rlflow_core.plugin_host.form_data import read_form
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.exports.filters import FiltersSchema, load_filters
from rlflow_core.services.exports.orders import Wish
from rlflow_web.component_choice import Picked, classes, first_key, read_choice


@dataclass(frozen=True, slots=True)
class ExportForm:
    """Everything that stands in the form."""

    layout: Picked
    container: str
    filters: Mapping[str, Any] = field(default_factory=dict)


def new_form(host: PluginHost) -> ExportForm:
    """The form with the layout that is offered first."""
    key = first_key(host, "exporter")
    return ExportForm(Picked(key), default_container(host, key))


def read_export_form(host: PluginHost, form: MultiDict[str, str]) -> ExportForm:
    """What was posted; a container that the layout cannot be written in becomes the layout's own."""
    layout = read_choice(host, "exporter", form, "layout")
    container = form.get("format", "")
    if container not in containers(host, layout.key):
        container = default_container(host, layout.key)
    return ExportForm(layout, container, read_form(FiltersSchema, form, "filters"))


def wish_of(form: ExportForm, project_id: str) -> Wish:
    """The export that the form asks for; Invalid where its filters do not fit."""
    given = {name: value for name, value in form.filters.items() if value not in ("", None, [])}
    return Wish(project_id, form.layout.key, form.container, form.layout.config, load_filters(given))


def containers(host: PluginHost, layout: str) -> tuple[str, ...]:
    """The kinds of file that the layout is written as."""
    cls = classes(host, "exporter").get(layout)
    return tuple(cls.containers) if cls is not None and issubclass(cls, Exporter) else ()


def default_container(host: PluginHost, layout: str) -> str:
    """The kind of file that the layout is written as when nobody says."""
    cls = classes(host, "exporter").get(layout)
    return cls.default_container if cls is not None and issubclass(cls, Exporter) else ""
