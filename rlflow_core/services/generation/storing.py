"""Keeping what models answered: each answer at once in a transaction of its own, failed attempts too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import AgentOutput, Job, Task, db_now, new_id, table_of
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import events, jobs, task_changes, task_items
from rlflow_core.services.errors import Conflict
from rlflow_core.services.generation.asking import Answer, FailedAttempt
from rlflow_core.services.generation.orders import Order
from rlflow_core.services.generation.samples import Sample, origin, stored_samples
from rlflow_core.services.pairing import groups
from rlflow_core.services.task_content import PreparedOutput, prepare_outputs
from rlflow_core.services.task_drafts import OutputDraft
from rlflow_core.services.task_lists import get_row, version_of
from rlflow_core.services.task_rows import output_rows

GENERATION_FINISHED = "generation_finished"
TRIES = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that is being carried out: under which id, and in whose name."""

    id: str
    viewer: Viewer
    order: Order


def keep_answer(host: PluginHost, asked: Asked, sample: Sample, answer: Answer) -> str:
    """The id of the answer's row; Conflict ("stale") where the task asks something else by now."""
    draft = OutputDraft(
        output=answer.text,
        finish_reason=answer.finish_reason,
        latency_ms=answer.latency_ms,
        prompt_tokens=answer.usage.prompt_tokens,
        completion_tokens=answer.usage.completion_tokens,
        **_made_by(asked, sample, answer.attempts),
    )
    order = asked.order
    (prepared,) = prepare_outputs(host, order.components, order.content, [draft])
    return db.transact(_insert, asked, sample, prepared)


def keep_failure(asked: Asked, sample: Sample, failure: FailedAttempt) -> None:
    """Store an attempt that gave no answer; nobody judges it, and it takes no place among the outputs."""
    draft = OutputDraft(output="", latency_ms=failure.latency_ms, **_made_by(asked, sample, failure.number))
    prepared = PreparedOutput(new_id(), draft, ())
    db.transact(_insert, asked, sample, prepared, error=failure.reason)


def open_outputs(host: PluginHost, asked: Asked) -> list[str]:
    """The outputs of this generation, now that what they can be compared with is handed out and plugins are told."""
    with db.reading() as session:
        outputs = list(stored_samples(session, asked.order.task_id, asked.id).values())
    if not outputs:
        return []
    for left in reversed(range(TRIES)):
        try:
            with db.reading() as session:
                change = task_changes.prepare_more_outputs(
                    session, host, asked.viewer, asked.order.task_id, []
                )
            db.transact(_open, asked, change, outputs)
            break
        except Conflict as conflict:
            # The task got a version in between: its items are made for that one.
            if conflict.code != "stale" or not left:
                raise
    return outputs


def _open(session: Session, asked: Asked, change: task_changes.PreparedChange, outputs: list[str]) -> None:
    task_changes.add_outputs(session, asked.viewer, change)
    told = select(Job.id).where(Job.kind == GENERATION_FINISHED, Job.subject == asked.id)
    if events.is_heard(GENERATION_FINISHED) and session.scalar(told) is None:
        jobs.enqueue(
            session,
            GENERATION_FINISHED,
            asked.id,
            args={"task": asked.order.task_id, "outputs": outputs},
            project_id=asked.order.project_id,
        )


def _made_by(asked: Asked, sample: Sample, attempt: int) -> dict[str, Any]:
    return {
        "model_id": sample.model,
        "provider": asked.order.provider.registered.key,
        "parameters": asked.order.parameters,
        "seed": sample.seed,
        "metadata": origin(asked.id, sample, attempt),
    }


def _insert(
    session: Session, asked: Asked, sample: Sample, prepared: PreparedOutput, error: str | None = None
) -> str:
    order = asked.order
    task = get_row(session, asked.viewer, order.task_id)
    session.refresh(task, with_for_update={"key_share": True})
    if error is None:
        known = stored_samples(session, asked.order.task_id, asked.id).get((sample.model, sample.number))
        if known is not None:
            return known
        _check_still_wanted(session, order, task, prepared.id)
    highest = session.scalar(select(func.max(AgentOutput.index)).where(AgentOutput.task_id == task.id))
    now = session.scalars(select(db_now())).one()
    first = 0 if highest is None else highest + 1
    rows = output_rows(task.id, task.version, first, order.messages_hash, [prepared], now)
    session.execute(insert(table_of(AgentOutput)), [{**rows[0], "error": error}])
    return prepared.id


def _check_still_wanted(session: Session, order: Order, task: Task, output_id: str) -> None:
    if version_of(session, task).messages_hash != order.messages_hash:
        raise Conflict(
            "The task was changed while models answered it, so their answers do not fit any more. Ask again.",
            code="stale",
        )
    # Others may have added outputs meanwhile: what nobody could judge is not kept.
    there = task_items.usable_outputs(session, task.id)
    groups(order.pairing, [*there, output_id], task.id, order.limits)
