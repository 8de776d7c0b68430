"""Many pairs with their votes at once, straight into the tables: for real data sets and for measurements."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labels import MADE_AT
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from rlflow_core.models import (
    AgentOutput,
    Base,
    Feedback,
    FeedbackRevision,
    Project,
    ProjectRevision,
    SignalRow,
    Task,
    TaskAssignment,
    TaskItem,
    TaskVersion,
    new_id,
)

STRENGTHS = {"first": 1.0, "second": -1.0}


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A prompt, two answers, and what each annotator said: first, second, tie or both_bad."""

    prompt: str
    first: str
    second: str
    labels: Sequence[str]


def insert_pairs(
    session: Session,
    project: Project,
    annotators: Sequence[str],
    pairs: Iterable[JudgedPair],
    *,
    start: int = 1,
) -> None:
    """The pairs as tasks from number `start` on, judged by the first annotators in order."""
    revision = session.scalars(select(ProjectRevision.id).filter_by(project_id=project.id).limit(1)).one()
    rows: dict[type[Base], list[dict[str, Any]]] = defaultdict(list)
    for seq, pair in enumerate(pairs, start):
        item, outputs = _add_item(rows, project, seq, pair)
        for annotator, label in zip(annotators, pair.labels, strict=False):
            _add_vote(rows, item, outputs, annotator, revision, label)
    for model in ORDER:
        if rows[model]:
            session.execute(insert(model), rows[model])


ORDER: tuple[type[Base], ...] = (
    Task, TaskVersion, AgentOutput, TaskItem, TaskAssignment, Feedback, FeedbackRevision, SignalRow,
)  # fmt: skip


def _add_item(
    rows: dict[type[Base], list[dict[str, Any]]], project: Project, seq: int, pair: JudgedPair
) -> tuple[dict[str, Any], list[str]]:
    task, version, item = new_id(), new_id(), new_id()
    outputs = [new_id(), new_id()]
    rows[Task].append(
        {"id": task, "seq": seq, "project_id": project.id, "creator_id": project.creator_id, "type": "qa",
         "prompt": pair.prompt, "meta": {}, "tags": []}
    )  # fmt: skip
    rows[TaskVersion].append(
        {"id": version, "task_id": task, "number": 1, "content": {"prompt": pair.prompt},
         "messages": [{"role": "user", "content": pair.prompt}],
         "messages_hash": hashlib.sha256(pair.prompt.encode()).hexdigest(), "created_by": project.creator_id}
    )  # fmt: skip
    rows[AgentOutput].extend(
        {"id": output, "task_id": task, "task_version": 1, "index": index, "model_id": f"model-{index}",
         "output": text}
        for index, (output, text) in enumerate(zip(outputs, (pair.first, pair.second), strict=True))
    )  # fmt: skip
    row = {
        "id": item, "project_id": project.id, "task_id": task, "task_version_id": version,
        "rank": float(seq), "wanted": len(pair.labels), "places_left": 0,
    }  # fmt: skip
    rows[TaskItem].append(row)
    return row, outputs


def _add_vote(
    rows: dict[type[Base], list[dict[str, Any]]],
    item: dict[str, Any],
    outputs: list[str],
    annotator: str,
    revision: str,
    label: str,
) -> None:
    assignment, feedback = new_id(), new_id()
    about = {"item_id": item["id"], "task_id": item["task_id"], "project_id": item["project_id"]}
    rows[TaskAssignment].append(
        {"id": assignment, **about, "annotator_id": annotator, "purpose": "vote", "state": "completed",
         "task_version_id": item["task_version_id"], "project_revision_id": revision, "completed_at": MADE_AT}
    )  # fmt: skip
    rows[Feedback].append(
        {"id": feedback, "assignment_id": assignment, **about, "annotator_id": annotator, "source": "api",
         "active_ms": 3000, "created_at": MADE_AT}
    )  # fmt: skip
    rows[FeedbackRevision].append(
        {"feedback_id": feedback, "number": 1, "annotator_id": annotator, "body_hash": "0" * 64,
         "response": {"preference": {"choice": label}}}
    )  # fmt: skip
    rows[SignalRow].append(
        {"feedback_id": feedback, "revision": 1, "n": 0, "item_id": item["id"], "schema": "preference",
         "dimension": "choice", "kind": "preference", "output_id": outputs[0], "other_output_id": outputs[1],
         "label": label, "value": STRENGTHS.get(label, 0.0)}
    )  # fmt: skip
