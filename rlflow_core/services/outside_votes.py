"""Judgements made elsewhere: checked like those made here, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rlflow_core.plugin_api import OutputView, TaskView
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.errors import Invalid
from rlflow_core.services.pairing import Group
from rlflow_core.services.project_settings import ProjectComponents
from rlflow_core.services.responses import Judged, expand, judge
from rlflow_core.services.storable import check_storable
from rlflow_core.services.task_drafts import TaskDraft, VoteDraft

MESSAGE = "A vote does not fit."


@dataclass(frozen=True, slots=True)
class PreparedVote:
    """A valid judgement of the outputs in `group`; `shown` is the order in which its annotator saw them."""

    annotator: str
    group: Group
    shown: Group
    judged: Judged
    created_at: datetime | None
    seconds: float | None


def prepare_votes(
    host: PluginHost,
    components: ProjectComponents,
    task: TaskView,
    outputs: Sequence[OutputView],
    groups: Sequence[Group],
    draft: TaskDraft,
) -> list[PreparedVote]:
    """The votes of `draft`, each with its group; raises Invalid that names the place `feedback.N` and what is wrong."""
    votes: list[PreparedVote] = []
    seen: set[tuple[str, Group]] = set()
    for n, vote in enumerate(draft.votes):
        shown, group = _place(vote, outputs, groups, f"feedback.{n}")
        if (vote.annotator, group) in seen:
            raise _invalid(f"feedback.{n}.annotator", "This annotator has another vote on the same outputs.")
        seen.add((vote.annotator, group))
        judged = _judged(host, components, task, _views(outputs, shown, group), vote, f"feedback.{n}")
        votes.append(PreparedVote(vote.annotator, group, shown, judged, vote.created_at, vote.seconds))
    return votes


def _place(
    vote: VoteDraft, outputs: Sequence[OutputView], groups: Sequence[Group], path: str
) -> tuple[Group, Group]:
    """The outputs in the order the annotator saw them, and the item's group that they are."""
    if not groups:
        raise _invalid(path, f"The task has {len(outputs)} outputs, too few to be judged in this project.")
    if vote.outputs is None:
        if len(groups) > 1:
            raise _invalid(f"{path}.outputs", "Say which outputs were compared, such as [1, 2].")
        return groups[0], groups[0]
    if not all(1 <= number <= len(outputs) for number in vote.outputs):
        raise _invalid(f"{path}.outputs", f"The task's outputs are numbered 1 to {len(outputs)}.")
    shown = tuple(outputs[number - 1].id for number in vote.outputs)
    for group in groups:
        if sorted(group) == sorted(shown):
            return shown, group
    raise _invalid(f"{path}.outputs", f"No item of this task shows exactly the outputs {list(vote.outputs)}.")


def _views(outputs: Sequence[OutputView], shown: Group, group: Group) -> list[OutputView]:
    by_id = {output.id: output for output in outputs}
    return [
        replace(by_id[output_id], index=group.index(output_id), position=position)
        for position, output_id in enumerate(shown)
    ]


def _judged(
    host: PluginHost,
    components: ProjectComponents,
    task: TaskView,
    shown: Sequence[OutputView],
    vote: VoteDraft,
    path: str,
) -> Judged:
    check_storable(vote.annotator, f"{path}.annotator")
    check_storable(vote.body, path)
    if not isinstance(vote.body.get("response", {}), Mapping):
        raise _invalid(f"{path}.response", "Must be an object with an entry per reward schema.")
    try:
        return judge(host, components, expand(components, vote.body), task, shown)
    except Invalid as error:
        raise Invalid(MESSAGE, _under(path, error.errors)) from error


def _under(path: str, errors: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{path}.{name}": reasons for name, reasons in errors.items()}


def _invalid(path: str, reason: str) -> Invalid:
    return Invalid(MESSAGE, {path: [reason]})
