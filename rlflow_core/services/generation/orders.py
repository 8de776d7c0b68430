"""What is to be generated for a task, checked against its project and the provider before anything costs money."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from rlflow_core.models import Project, Task
from rlflow_core.plugin_api import LLMProvider, Message
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import task_items
from rlflow_core.services.errors import Conflict, Invalid
from rlflow_core.services.generation import providers
from rlflow_core.services.generation.samples import Sample, stored_samples
from rlflow_core.services.pairing import ALL_OUTPUTS, OutputLimits, groups, limits_of
from rlflow_core.services.project_settings import ProjectComponents, components_of
from rlflow_core.services.projects import current_revision
from rlflow_core.services.task_lists import get_row, version_of

MAX_SAMPLES = 50
SEEDS = 2**32
MESSAGE = "That cannot be generated."


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for; whatever is left out is chosen for them."""

    provider: str | None = None
    models: tuple[str, ...] | None = None
    samples: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that is wanted of one provider for one task, at the version that is asked about."""

    task_id: str
    project_id: str
    pairing: str
    limits: tuple[OutputLimits, ...]
    components: ProjectComponents
    content: Mapping[str, Any]
    messages: tuple[Message, ...]
    messages_hash: str
    provider: Bound[LLMProvider]
    samples: tuple[Sample, ...]
    parameters: Mapping[str, Any]

    @property
    def models(self) -> list[str]:
        """The models that are asked, in order."""
        return list(dict.fromkeys(sample.model for sample in self.samples))

    def as_wish(self) -> dict[str, Any]:
        """The wish, in JSON, that gives the same order again: nothing is left to chance or to choice any more."""
        return {
            "provider": self.provider.registered.key,
            "models": self.models,
            "samples": 1 + max(sample.number for sample in self.samples),
            "parameters": dict(self.parameters),
            "seed": self.samples[0].seed,
        }


def order(
    session: Session,
    host: PluginHost,
    viewer: Viewer,
    task_id: str,
    wish: Wish,
    generation_id: str | None = None,
) -> Order:
    """The order that `wish` comes to; NotFound, Conflict or Invalid where it cannot be carried out.

    What `generation_id`, an earlier attempt at it, has stored already needs no room any more.
    """
    task = get_row(session, viewer, task_id)
    project = session.get_one(Project, task.project_id)
    if project.status == "archived":
        raise Conflict("The project is archived. Open it again first.", code="archived")
    revision = current_revision(session, project)
    components = components_of(host, revision)
    version = version_of(session, task)
    if not version.messages:
        raise Conflict("The task has nothing to say to a model. Its task type makes no messages of it.")
    provider = providers.chosen(host, wish.provider)
    models = providers.models_of(host, provider, wish.models)
    limits = limits_of(components)
    own = stored_samples(session, task.id, generation_id).values() if generation_id else ()
    there = [output for output in task_items.usable_outputs(session, task.id) if output not in own]
    each = wish.samples or _enough(revision.pairing, limits, len(there), len(models))
    _check_room(revision.pairing, limits, task, there, each * len(models))
    return Order(
        task_id=task.id,
        project_id=project.id,
        pairing=revision.pairing,
        limits=limits,
        components=components,
        content=version.content,
        messages=tuple(Message(**message) for message in version.messages),
        messages_hash=version.messages_hash,
        provider=provider,
        samples=_samples(models, each, wish.seed),
        parameters=dict(wish.parameters),
    )


def _enough(pairing: str, limits: Sequence[OutputLimits], there: int, models: int) -> int:
    """The answers of each model with which the task can be judged, at least one."""
    least = max((limit.minimum for limit in limits), default=1)
    needed = max(1, (least if pairing == ALL_OUTPUTS else max(2, least)) - there)
    return -(-needed // models)


def _check_room(
    pairing: str, limits: Sequence[OutputLimits], task: Task, there: Sequence[str], more: int
) -> None:
    if more > MAX_SAMPLES:
        raise Invalid(
            MESSAGE,
            {"samples": [f"At most {MAX_SAMPLES} outputs can be asked for at once; these are {more}."]},
        )
    groups(pairing, [*there, *(f"new {number}" for number in range(more))], task.id, limits)


def _samples(models: Sequence[str], each: int, seed: int | None) -> tuple[Sample, ...]:
    if seed is None and each > 1:
        # Some servers answer the same without a seed; a drawn one is kept, so that the answer can be had again.
        seed = secrets.randbelow(SEEDS - MAX_SAMPLES)
    return tuple(
        Sample(model, number, None if seed is None else seed + number)
        for number in range(each)
        for model in models
    )
