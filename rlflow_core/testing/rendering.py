"""Renders a template of a component as the product does, without a running app."""

from __future__ import annotations

from typing import Any

from jinja2 import FileSystemLoader

from rlflow_core.plugin_api import Component
from rlflow_core.plugin_host.templates import component_folder, environment_of

FORBIDDEN = frozenset(
    {"script", "style", "form", "iframe", "object", "embed", "link", "meta", "base", "template"}
)
"""Elements that no template of a component may hold: the core supplies the form, and modules the behaviour."""


def render(component: Component, template: str, **context: Any) -> str:
    """The template from the component's folder, strict about names, escaping everything."""
    environment = environment_of(FileSystemLoader(component_folder(type(component))))
    return environment.get_template(template).render(config=component.config, **context)
