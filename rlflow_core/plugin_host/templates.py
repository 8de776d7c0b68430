"""Renders the templates of components: widgets, tasks and outputs, each from its component's own folder."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from rlflow_core.plugin_api import Component, OutputView, TaskView
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.problems import ComponentFault, Ledger, Problem
from rlflow_core.plugin_host.problems_text import describe, traceback_of
from rlflow_core.plugin_host.registry import Registry
from rlflow_core.plugin_host.rendering import add_filters


@dataclass(frozen=True, slots=True)
class FieldName:
    """How an input of a widget is called, so that several widgets can share a page and a submit."""

    name: str
    id: str

    def __str__(self) -> str:
        return self.name


def field_names(schema_name: str) -> Callable[[str], FieldName]:
    """The `field()` of a widget: the names of its inputs under the name that the project gave its reward schema."""

    def field(name: str) -> FieldName:
        return FieldName(f"{schema_name}.{name}", f"{schema_name}-{name}".replace(".", "-"))

    return field


class ComponentLoader(BaseLoader):
    """Finds `kind/key/file.html` in the folder of the component that has this kind and key."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The template's text; names that leave the component's folder are not found."""
        kind, _, rest = template.partition("/")
        key, _, file = rest.partition("/")
        for registered in self._registry.all():
            if (registered.kind, registered.key) == (kind, key):
                path = component_folder(registered.cls) / file
                if "/" in file or file.startswith(".") or not path.is_file():
                    break
                return path.read_text(encoding="utf-8"), str(path), None
        raise TemplateNotFound(template)


def component_folder(cls: type[Component]) -> Path:
    """The folder of a component's module."""
    return Path(inspect.getfile(cls)).parent


def environment_of(loader: BaseLoader) -> Environment:
    """Where the templates of components are rendered: strict about names, escaping everything, with our filters."""
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    add_filters(environment)
    return environment


class ComponentTemplates:
    """The templates of all components: strict about names, escaping everything."""

    def __init__(self, registry: Registry, ledger: Ledger) -> None:
        self.environment = environment_of(ComponentLoader(registry))
        self._ledger = ledger

    def render(self, bound: Bound[Any], file: str, **context: Any) -> Markup:
        """The rendered template; raises ComponentFault, and the page then shows its own fallback."""
        registered = bound.registered
        name = f"{registered.kind}/{registered.key}/{file}"
        outcome = attempt(self._render, name, {"config": bound.component.config, **context})
        if outcome.error is None and outcome.value is not None:
            return outcome.value
        assert outcome.error is not None
        problem = Problem(
            registered.source.name,
            file,
            describe(outcome.error),
            registered.kind,
            registered.key,
            traceback_of(outcome.error),
        )
        self._ledger.record(problem)
        raise ComponentFault(problem) from outcome.error

    def widget(
        self,
        bound: Bound[Any],
        schema_name: str,
        task: TaskView,
        outputs: tuple[OutputView, ...],
        *,
        response: Mapping[str, Any] | None = None,
        errors: Mapping[str, Any] | None = None,
        readonly: bool = False,
    ) -> Markup:
        """The fieldset of a reward schema under the name that the project gave it."""
        return self.render(
            bound,
            bound.component.widget,
            task=task,
            outputs=outputs,
            response=response,
            errors=errors or {},
            readonly=readonly,
            field=field_names(schema_name),
        )

    def _render(self, name: str, context: Mapping[str, Any]) -> Markup:
        return Markup(self.environment.get_template(name).render(context))  # noqa: S704 - escaped by the template
