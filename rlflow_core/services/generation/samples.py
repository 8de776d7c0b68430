"""The single answers that a generation is made of, and which of them are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import AgentOutput


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer that is wanted: the `number`-th (from 0) of a model."""

    model: str
    number: int
    seed: int | None


def origin(generation_id: str, sample: Sample, attempt: int) -> dict[str, Any]:
    """The metadata by which an output says what it was generated as."""
    return {"generation": {"id": generation_id, "sample": sample.number, "attempt": attempt}}


def stored_samples(session: Session, task_id: str, generation_id: str) -> dict[tuple[str, int], str]:
    """The answers of a generation that are stored and still fit the task, by model and number."""
    rows = session.execute(
        select(AgentOutput.id, AgentOutput.model_id, AgentOutput.meta).where(
            AgentOutput.task_id == task_id, AgentOutput.error.is_(None), AgentOutput.stale.is_(False)
        )
    )
    return {
        (model or "", _made(metadata).get("sample", 0)): output_id
        for output_id, model, metadata in rows
        if _made(metadata).get("id") == generation_id
    }


def _made(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    made = metadata.get("generation")
    return made if isinstance(made, Mapping) else {}
