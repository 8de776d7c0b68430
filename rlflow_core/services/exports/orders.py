"""What is asked of an export, with everything chosen that was left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError
from sqlalchemy.orm import Session

from rlflow_core.models import Project
from rlflow_core.plugin_api import Exporter
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.plugin_host.registry import Registered, UnknownComponent
from rlflow_core.services import project_lists, projects
from rlflow_core.services.errors import Invalid
from rlflow_core.services.exports.containers import CONTAINERS, Container
from rlflow_core.services.exports.filters import NO_FILTERS, Filters, load_filters
from rlflow_core.services.exports.selection import Selection
from rlflow_core.services.project_settings import ProjectComponents
from rlflow_core.services.projects import ProjectView

MESSAGE = "This export cannot be made."


@dataclass(frozen=True, slots=True)
class Order:
    """An export that can be made: of which project, in which layout and container, narrowed by which filters."""

    project: ProjectView
    components: ProjectComponents
    exporter: Bound[Exporter]
    container: Container
    filters: Filters

    @property
    def layout(self) -> str:
        """The key of the exporter."""
        return self.exporter.component.key

    @property
    def selection(self) -> Selection:
        """The votes that it is made from."""
        return Selection(self.project.id, self.filters)


@dataclass(frozen=True, slots=True)
class Wish:
    """An export as it is asked for; what is None is chosen for the person."""

    project: str | None = None
    layout: str | None = None
    container: str | None = None
    config: Mapping[str, Any] | None = None
    filters: Filters = NO_FILTERS


def order(session: Session, host: PluginHost, viewer: Viewer, wish: Wish) -> Order:
    """The export that `wish` means; NotFound or Invalid (which lists what exists) where there is no such thing."""
    exporter, container = choose_exporter(host, wish.layout, wish.container, wish.config or {})
    project = _project(session, viewer, wish.project)
    Selection(project.id, wish.filters).check(session)
    return _order(session, host, project, exporter, container, wish.filters)


def order_again(
    session: Session,
    host: PluginHost,
    project_id: str,
    layout: str,
    container: str,
    config: Mapping[str, Any],
    filters: Mapping[str, Any],
) -> Order:
    """An order that was accepted before, under the settings of now; Invalid or Conflict if it no longer fits."""
    exporter, chosen = choose_exporter(host, layout, container, config)
    project = session.get_one(Project, project_id)
    return _order(session, host, project, exporter, chosen, load_filters(filters))


def choose_exporter(
    host: PluginHost, layout: str | None, container: str | None, config: Mapping[str, Any]
) -> tuple[Bound[Exporter], Container]:
    """The exporter and the container; without `layout` the one meant for the container, else the first default."""
    if container is not None and container not in CONTAINERS:
        raise _invalid(
            "format", f"There is no format {container[:80]!r}. There are: {', '.join(CONTAINERS)}."
        )
    key = layout or _default_layout(host, container)
    with _as_invalid():
        exporter = host.build(Exporter, key, config)
    offered = [name for name in exporter.component.containers if name in CONTAINERS]
    chosen = container or exporter.component.default_container
    if chosen not in offered:
        raise _invalid("format", f"The layout {key} is written as {' or '.join(offered)}, not as {chosen}.")
    return exporter, CONTAINERS[chosen]


def _order(
    session: Session,
    host: PluginHost,
    project: Project,
    exporter: Bound[Exporter],
    container: Container,
    filters: Filters,
) -> Order:
    view = projects.view(session, project)
    return Order(view, projects.components(session, host, project), exporter, container, filters)


def _default_layout(host: PluginHost, container: str | None) -> str:
    if meant := [r.key for r in host.by_precedence("exporter") if container in _exporter(r).default_for]:
        return meant[0]
    for key in host.defaults("exporter"):
        if container is None or container in _containers(host.registry.get("exporter", key)):
            return key
    offering = [
        registered.key
        for registered in host.registry.of_kind("exporter")
        if container is None or container in _containers(registered)
    ]
    known = f"These are written as {container}" if container else "There are"
    raise _invalid("layout", f"Name a layout. {known}: {', '.join(offering) or 'none'}.")


def _containers(registered: Registered) -> tuple[str, ...]:
    return tuple(_exporter(registered).containers)


def _exporter(registered: Registered) -> type[Exporter]:
    assert issubclass(registered.cls, Exporter)
    return registered.cls


def _project(session: Session, viewer: Viewer, project_id: str | None) -> Project:
    if project_id is not None:
        return projects.get_visible(session, viewer, project_id)
    return project_lists.lately_labelled(session, viewer)


@contextmanager
def _as_invalid() -> Iterator[None]:
    try:
        yield
    except UnknownComponent as error:
        raise _invalid("layout", str(error)) from error
    except ValidationError as error:
        raise Invalid(MESSAGE, {"config": messages_of(error)}) from error
    except ComponentFault as error:
        raise _invalid("layout", str(error)) from error


def _invalid(field: str, text: str) -> Invalid:
    return Invalid(MESSAGE, {field: [text]})
