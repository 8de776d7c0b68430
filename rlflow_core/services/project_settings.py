"""The settings of a project revision as plain values, and the components they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from marshmallow import ValidationError

from rlflow_core.models import ProjectRevision
from rlflow_core.plugin_api import (
    Aggregator,
    Component,
    ProjectDimension,
    RewardSchema,
    Router,
    SchemaChoice,
    Scorer,
    TaskType,
)
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.plugin_host.registry import UnknownComponent
from rlflow_core.services.errors import Conflict, Invalid, Unavailable

C = TypeVar("C", bound=Component)

SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
PAIRING = re.compile(r"all_outputs|all_pairs|balanced_pairs:[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A component as a project names it: its key and its config."""

    key: str
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """Everything a project revision fixes; an empty choice of components means the defaults on offer."""

    task_type: Choice
    reward_schemas: tuple[SchemaChoice, ...] = ()
    scorers: tuple[Choice, ...] | None = None
    aggregator: Choice | None = None
    router: Choice | None = None
    pairing: str = "all_outputs"
    wanted: int = 3
    lease_minutes: int = 30
    max_skips: int = 3
    hide_models: bool = True
    display_order: str = "random"
    gold_rate: float = 0.0
    repeat_rate: float = 0.0
    reveal: bool = False
    guidelines: str = ""


@dataclass(frozen=True, slots=True)
class NamedSchema:
    """A reward schema under the name that the project gave it."""

    name: str
    bound: Bound[RewardSchema]


@dataclass(frozen=True, slots=True)
class ProjectComponents:
    """The components of one project revision, ready to be asked."""

    task_type: Bound[TaskType]
    reward_schemas: tuple[NamedSchema, ...]
    scorers: tuple[Bound[Scorer], ...]
    aggregator: Bound[Aggregator]
    router: Bound[Router]
    dimensions: tuple[ProjectDimension, ...]

    @property
    def headline(self) -> ProjectDimension | None:
        """The dimension that `reward_scalar` reports: the first scalar one."""
        return next((d for d in self.dimensions if d.dimension.kind == "scalar"), None)

    @property
    def quality_scorer(self) -> Bound[Scorer] | None:
        """The scorer that fills `quality_score`: the first one about feedback."""
        return next((scorer for scorer in self.scorers if scorer.component.scope == "feedback"), None)


def from_revision(revision: ProjectRevision) -> ProjectSettings:
    """The settings that a stored revision holds."""
    return ProjectSettings(
        task_type=Choice(**revision.task_type),
        reward_schemas=tuple(SchemaChoice(**stored) for stored in revision.reward_schemas),
        scorers=tuple(Choice(**stored) for stored in revision.scorers),
        aggregator=Choice(**revision.aggregator),
        router=Choice(**revision.router),
        pairing=revision.pairing,
        wanted=revision.wanted,
        lease_minutes=revision.lease_minutes,
        max_skips=revision.max_skips,
        hide_models=revision.hide_models,
        display_order=revision.display_order,
        gold_rate=revision.gold_rate,
        repeat_rate=revision.repeat_rate,
        reveal=revision.reveal,
        guidelines=revision.guidelines,
    )


def complete(host: PluginHost, settings: ProjectSettings) -> tuple[ProjectSettings, ProjectComponents]:
    """`settings` with defaults filled in, and their components; raises Invalid that names every field that is wrong."""
    try:
        return _complete(host, settings)
    except ComponentFault as fault:
        raise Invalid("The project's settings do not fit.", {"reward_schemas": [str(fault)]}) from fault


def _complete(host: PluginHost, settings: ProjectSettings) -> tuple[ProjectSettings, ProjectComponents]:
    found = _Problems()
    task_type = found.build(host, TaskType, settings.task_type, "task_type")
    schemas = settings.reward_schemas
    if not schemas and task_type is not None:
        schemas = tuple(task_type.component.default_reward_schemas)
    named = _named_schemas(host, schemas, found)
    scorers = settings.scorers
    if scorers is None:
        scorers = tuple(Choice(key) for key in host.defaults("scorer"))
    built_scorers = [found.build(host, Scorer, choice, f"scorers.{n}") for n, choice in enumerate(scorers)]
    aggregator = settings.aggregator or _default(host, Aggregator, found)
    router = settings.router or _default(host, Router, found)
    built_aggregator = found.build(host, Aggregator, aggregator, "aggregator")
    built_router = found.build(host, Router, router, "router")
    if not PAIRING.fullmatch(settings.pairing):
        found.add("pairing", "Must be all_outputs, all_pairs or balanced_pairs:N.")
    if found.errors or task_type is None or built_aggregator is None or built_router is None:
        raise Invalid("The project's settings do not fit.", found.errors)
    components = ProjectComponents(
        task_type=task_type,
        reward_schemas=named,
        scorers=tuple(scorer for scorer in built_scorers if scorer is not None),
        aggregator=built_aggregator,
        router=built_router,
        dimensions=_dimensions(host, named),
    )
    filled = replace(settings, reward_schemas=schemas, scorers=scorers, aggregator=aggregator, router=router)
    return filled, components


def components_of(host: PluginHost, revision: ProjectRevision) -> ProjectComponents:
    """The components of a stored revision, built once per process.

    Conflict where one is gone or no longer fits, Unavailable while one fails to say what it measures.
    """
    known = host.built.get(revision.id)
    if isinstance(known, ProjectComponents):
        return known
    try:
        _, components = _complete(host, from_revision(revision))
    except Invalid as error:
        raise Conflict(
            "The project uses components that are not available as configured. An admin sees why on the plugins page.",
            error.errors,
        ) from error
    except ComponentFault as fault:
        raise Unavailable(
            "A component of this project fails, so its tasks cannot be shown. A researcher of the "
            "project can see why under Plugins; drafts are kept.",
            {"component": [str(fault)]},
            code="component_failed",
        ) from fault
    host.built[revision.id] = components
    return components


def _default(host: PluginHost, base: type[Component], found: _Problems) -> Choice:
    keys = host.defaults(base.kind)
    if not keys:
        found.add(base.kind, f"No {base.kind} is installed as a default. Name one.")
        return Choice("")
    return Choice(keys[0])


def _named_schemas(
    host: PluginHost, schemas: tuple[SchemaChoice, ...], found: _Problems
) -> tuple[NamedSchema, ...]:
    if not schemas:
        found.add("reward_schemas", "Name at least one reward schema.")
    names: set[str] = set()
    named = []
    for n, choice in enumerate(schemas):
        if not SCHEMA_NAME.fullmatch(choice.name):
            found.add(f"reward_schemas.{n}.name", "Must match [a-z][a-z0-9_]*, at most 64 letters.")
        if choice.name in names:
            found.add(f"reward_schemas.{n}.name", "Another reward schema of the project has this name.")
        names.add(choice.name)
        bound = found.build(host, RewardSchema, Choice(choice.key, choice.config), f"reward_schemas.{n}")
        if bound is not None:
            named.append(NamedSchema(choice.name, bound))
    return tuple(named)


def _dimensions(host: PluginHost, named: tuple[NamedSchema, ...]) -> tuple[ProjectDimension, ...]:
    return tuple(
        ProjectDimension(schema.name, dimension)
        for schema in named
        for dimension in host.guard.ask(schema.bound, "DIMENSIONS", schema.bound.component.config)
    )


class _Problems:
    """Collects what is wrong, nested as the settings are."""

    def __init__(self) -> None:
        self.errors: dict[str, Any] = {}

    def add(self, path: str, message: str | list[Any] | dict[Any, Any]) -> None:
        """Note a message (or marshmallow's messages) under a dotted path."""
        *parents, last = path.split(".")
        place = self.errors
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = [message] if isinstance(message, str) else message

    def build(self, host: PluginHost, base: type[C], choice: Choice, path: str) -> Bound[C] | None:
        """The component, or None with the reason noted under `path`."""
        if not choice.key:
            return None
        try:
            return host.build(base, choice.key, choice.config)
        except UnknownComponent as error:
            self.add(f"{path}.key", str(error))
        except ValidationError as error:
            self.add(f"{path}.config", messages_of(error))
        except ComponentFault as error:
            self.add(f"{path}.config", str(error))
        return None
