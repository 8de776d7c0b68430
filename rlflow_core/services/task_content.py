"""What a task means to its project: content checked, messages, segments, lane and items; no database here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from marshmallow import ValidationError

from rlflow_core.models import new_id
from rlflow_core.plugin_api import Message, OutputView, Segment, TaskView
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.plugin_host.schema_loading import load_json
from rlflow_core.services.errors import Invalid, Unavailable
from rlflow_core.services.outside_votes import PreparedVote, prepare_votes
from rlflow_core.services.pairing import Group, groups, limits_of
from rlflow_core.services.project_settings import ProjectComponents
from rlflow_core.services.storable import check_storable
from rlflow_core.services.task_drafts import OutputDraft, TaskDraft

MAX_OUTPUTS = 100
MAX_LANE = 64


@dataclass(frozen=True, slots=True)
class PreparedContent:
    """The content of one task version with all that its task type and router say about it."""

    view: TaskView
    prompt: str
    messages_hash: str
    lane: str


@dataclass(frozen=True, slots=True)
class PreparedOutput:
    """An output under the id it will have, cut into the segments that labels refer to."""

    id: str
    draft: OutputDraft
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class PreparedItem:
    """Outputs that will be judged together, and the judgements of them that were made elsewhere."""

    id: str
    outputs: Group
    votes: tuple[PreparedVote, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedTask:
    """A task that only has to be stored: every component has been asked, every id is given."""

    id: str
    type: str
    draft: TaskDraft
    content: PreparedContent
    outputs: tuple[PreparedOutput, ...]
    items: tuple[PreparedItem, ...]


def prepare(host: PluginHost, components: ProjectComponents, pairing: str, draft: TaskDraft) -> PreparedTask:
    """The draft as a new task of a project.

    Raises Invalid naming what does not fit, Unavailable where a component fails.
    """
    task_id = new_id()
    content = prepare_content(host, components, task_id, 1, draft)
    outputs = prepare_outputs(host, components, content.view.content, draft.outputs)
    shown_together = groups(pairing, [output.id for output in outputs], task_id, limits_of(components))
    views = _output_views(outputs)
    votes = prepare_votes(
        host, components, content.view, [views[o.id] for o in outputs], shown_together, draft
    )
    return PreparedTask(
        id=task_id,
        type=components.task_type.registered.key,
        draft=draft,
        content=content,
        outputs=outputs,
        items=tuple(
            PreparedItem(new_id(), group, tuple(vote for vote in votes if vote.group == group))
            for group in shown_together
        ),
    )


def prepare_content(
    host: PluginHost, components: ProjectComponents, task_id: str, version: int, draft: TaskDraft
) -> PreparedContent:
    """The content of `draft` as version `version` of the task `task_id`."""
    _check_draft(draft)
    try:
        content = load_json(host.ledger, components.task_type, "CONTENT_SCHEMA", draft.content)
        messages = tuple(host.guard.ask(components.task_type, "messages", content))
        view = TaskView(
            id=task_id,
            version=version,
            content=content,
            messages=messages,
            tags=draft.tags,
            metadata=draft.metadata,
            key=draft.key,
        )
        lane: str = host.guard.ask(components.router, "LANE", view)
    except ValidationError as error:
        raise Invalid("The task does not fit.", messages_of(error)) from error
    except ComponentFault as fault:
        raise _unavailable(fault) from fault
    check_storable([content, lane, *(message.content for message in messages)])
    if len(lane) > MAX_LANE:
        raise Invalid("The task does not fit.", {"lane": [f"The router's lane has over {MAX_LANE} letters."]})
    return PreparedContent(view, str(content.get("prompt", "")), messages_hash(messages), lane)


def prepare_outputs(
    host: PluginHost,
    components: ProjectComponents,
    content: Mapping[str, Any],
    drafts: Sequence[OutputDraft],
) -> tuple[PreparedOutput, ...]:
    """The outputs with ids and segments; raises Invalid and Unavailable as `prepare` does."""
    if len(drafts) > MAX_OUTPUTS:
        raise Invalid(
            "The task does not fit.", {"outputs": [f"A task has at most {MAX_OUTPUTS} outputs at once."]}
        )
    for n, draft in enumerate(drafts):
        check_storable([draft.output, draft.metadata, draft.parameters], f"outputs.{n}")
    try:
        return tuple(
            PreparedOutput(new_id(), draft, _segments(host, components, content, draft)) for draft in drafts
        )
    except ComponentFault as fault:
        raise _unavailable(fault) from fault


def messages_hash(messages: Iterable[Message]) -> str:
    """The SHA-256 of chat messages, by which one sees whether an output answers them."""
    plain = [{"role": message.role, "content": message.content} for message in messages]
    return hashlib.sha256(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _check_draft(draft: TaskDraft) -> None:
    check_storable(draft.content)
    check_storable({"tags": draft.tags, "metadata": draft.metadata, "key": draft.key or ""})


def _segments(
    host: PluginHost, components: ProjectComponents, content: Mapping[str, Any], draft: OutputDraft
) -> tuple[Segment, ...]:
    segments = tuple(host.guard.ask(components.task_type, "segments", content, draft.output))
    check_storable([asdict(segment) for segment in segments], "segments")
    return segments


def _output_views(outputs: Sequence[PreparedOutput]) -> dict[str, OutputView]:
    return {
        output.id: OutputView(id=output.id, text=output.draft.output, index=index, segments=output.segments)
        for index, output in enumerate(outputs)
    }


def _unavailable(fault: ComponentFault) -> Unavailable:
    return Unavailable(f"A component of the project failed, so the task cannot be taken now: {fault}")
