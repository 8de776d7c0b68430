"""Views of tasks and outputs for components, made from their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput, Task, TaskItem, TaskVersion
from rlflow_core.plugin_api import Message, OutputView, Segment, TaskView


def task_view(task: Task, version: TaskVersion) -> TaskView:
    """A task at one of its versions."""
    return TaskView(
        id=task.id,
        version=version.number,
        content=version.content,
        messages=tuple(Message(**message) for message in version.messages),
        tags=tuple(task.tags),
        metadata=task.meta,
        key=task.key,
    )


def output_view(
    output: AgentOutput, *, index: int, position: int | None = None, hide_model: bool = False
) -> OutputView:
    """An output at its fixed place `index` in an item and the place `position` where it was shown."""
    return OutputView(
        id=output.id,
        text=output.output,
        index=index,
        position=position,
        segments=tuple(Segment(**segment) for segment in output.segments),
        model_id=None if hide_model else output.model_id,
        metadata={} if hide_model else output.meta,
    )


def outputs_of(session: Session, item: TaskItem) -> list[AgentOutput]:
    """The outputs of an item in their fixed order."""
    query = select(AgentOutput).where(AgentOutput.task_id == item.task_id, AgentOutput.error.is_(None))
    found = session.scalars(query.order_by(AgentOutput.index)).all()
    if item.outputs is None:
        return [output for output in found if not output.stale]
    by_id = {output.id: output for output in found}
    return [by_id[output_id] for output_id in item.outputs]


def shown_views(
    outputs: Sequence[AgentOutput], shown: Iterable[str], *, hide_models: bool
) -> tuple[OutputView, ...]:
    """The outputs in the order in which an assignment showed them."""
    places = {output.id: index for index, output in enumerate(outputs)}
    by_id = {output.id: output for output in outputs}
    return tuple(
        output_view(by_id[output_id], index=places[output_id], position=position, hide_model=hide_models)
        for position, output_id in enumerate(shown)
        if output_id in by_id
    )
