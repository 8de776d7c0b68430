"""Data to try components on: tasks, outputs, votes as Arrow tables, and a small selection to export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from rlflow_core.plugin_api import (
    FEEDBACK_COLUMNS,
    OUTPUT_COLUMNS,
    SIGNAL_COLUMNS,
    TASK_COLUMNS,
    Dimension,
    OutputView,
    ProjectDimension,
    ScoringData,
    Segment,
    TaskView,
)

MARKUP = "<script>alert(1)</script><b onclick='x'>bold</b> & \"quoted\""
"""A text that must be shown as it is, never as markup."""
MORNING = datetime(2026, 1, 5, 9, tzinfo=UTC)
PREFERENCE = ProjectDimension(
    "preference",
    Dimension("preference", "preference", "ordinal", ("first", "tie", "second"), -3, 3, per="pair"),
)
RATING = ProjectDimension("rating", Dimension("quality", "scalar", "interval", (), 1, 5, "higher", "output"))
DIMENSIONS = (PREFERENCE, RATING)


def example_task(content: Mapping[str, Any] | None = None) -> TaskView:
    """A task at version 1 with this content, by default only a prompt."""
    return TaskView("task-1", 1, dict(content or {"prompt": "Why is the sky blue?"}))


def example_outputs(number: int = 2) -> tuple[OutputView, ...]:
    """Outputs of three steps and an answer, shown in another order than they are numbered."""
    return tuple(
        OutputView(
            id=f"output-{number - place}",
            text=f"First this.\nThen that, {place}.\nSo it follows.\nTherefore {number - place}.",
            index=number - place - 1,
            position=place,
            segments=(
                Segment(0, "step", "First this."),
                Segment(1, "step", f"Then that, {place}."),
                Segment(2, "step", "So it follows."),
                Segment(3, "answer", f"Therefore {number - place}."),
            ),
        )
        for place in range(number)
    )


def signals_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A signals table (SIGNAL_COLUMNS) from rows that say only what matters; votes of humans unless told otherwise."""
    empty = dict.fromkeys(SIGNAL_COLUMNS.names)
    base = {
        **empty,
        "revision": 1,
        "task_version": 1,
        "by": "human",
        "purpose": "vote",
        "created_at": MORNING,
    }
    filled = [{**base, "feedback": f"feedback-{number}", **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(filled, schema=SIGNAL_COLUMNS)


def scoring_data(tasks: int = 8, annotators: int = 3, seed: int = 0) -> ScoringData:
    """Votes of `annotators` on `tasks` with two outputs each: a preference and two ratings a vote, all four tables.

    The votes agree more often than not; the same `seed` gives the same data.
    """
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    feedback: list[dict[str, Any]] = []
    for task in range(tasks):
        for annotator in range(annotators):
            vote = _vote(
                task, annotator, better=int(random.random() < 0.75), strength=int(random.integers(1, 4))
            )
            rows.extend(vote)
            feedback.append(_feedback(vote[0], float(vote[1]["value"])))
    return ScoringData(
        project="project-1",
        dimensions=DIMENSIONS,
        signals=signals_table(rows),
        feedback=pa.Table.from_pylist(feedback, schema=FEEDBACK_COLUMNS),
        outputs=_outputs_table(tasks),
        tasks=_tasks_table(tasks),
    )


def many_signals(number: int = 1_000_000) -> ScoringData:
    """At least `number` signals of three annotators: the votes of 1,000 tasks again and again under new ids."""
    some = scoring_data(tasks=1_000)
    rounds = -(-number // some.signals.num_rows)
    return ScoringData(
        project=some.project,
        dimensions=some.dimensions,
        signals=_repeated(some.signals, rounds, ("feedback", "item", "task", "output", "other_output")),
        feedback=_repeated(some.feedback, rounds, ("feedback", "item", "task")),
        outputs=_repeated(some.outputs, rounds, ("output", "task")),
        tasks=_repeated(some.tasks, rounds, ("task",)),
    )


def _vote(task: int, annotator: int, *, better: int, strength: int) -> list[dict[str, Any]]:
    who = {
        "feedback": f"feedback-{task}-{annotator}",
        "item": f"item-{task}",
        "task": f"task-{task}",
        "annotator": f"annotator-{annotator}",
        "seconds": 5.0 + task % 7,
        "created_at": MORNING + timedelta(minutes=task, seconds=annotator),
    }
    first, second = f"output-{task}-0", f"output-{task}-1"
    preference = {
        **who,
        "schema": "preference",
        "dimension": "preference",
        "kind": "preference",
        "output": first,
        "other_output": second,
        "label": "first" if better else "second",
        "value": float(strength if better else -strength),
        "position": 0,
        "other_position": 1,
    }
    rating = {**who, "schema": "rating", "dimension": "quality", "kind": "scalar"}
    good, bad = 3.0 + strength / 2, 3.0 - strength / 2
    return [
        preference,
        {**rating, "output": first, "value": good if better else bad, "position": 0},
        {**rating, "output": second, "value": bad if better else good, "position": 1},
    ]


def _feedback(signal: Mapping[str, Any], reward: float) -> dict[str, Any]:
    same = {name: signal[name] for name in ("feedback", "item", "task", "annotator", "seconds", "created_at")}
    rest = {"revision": 1, "by": "human", "purpose": "vote", "source": "ui"}
    return {**same, **rest, "reward_scalar": reward, "rationale": f"Because of {signal['task']}."}


def _outputs_table(tasks: int) -> pa.Table:
    rows = [
        {
            "output": f"output-{task}-{place}",
            "task": f"task-{task}",
            "task_version": 1,
            "model": f"model-{place}",
            "text": f"Answer {place} to question {task}.",
            "created_at": MORNING,
        }
        for task in range(tasks)
        for place in range(2)
    ]
    return pa.Table.from_pylist(rows, schema=OUTPUT_COLUMNS)


def _tasks_table(tasks: int) -> pa.Table:
    rows = [
        {
            "task": f"task-{task}",
            "version": 1,
            "prompt": f"Question {task}?",
            "tags": ["odd"],
            "created_at": MORNING,
        }
        for task in range(tasks)
    ]
    return pa.Table.from_pylist(rows, schema=TASK_COLUMNS)


def _repeated(table: pa.Table, rounds: int, names: Sequence[str]) -> pa.Table:
    """`table` so many times in a row, the ids in the columns `names` new in each."""
    parts = []
    for number in range(rounds):
        part = table
        for name in names:
            place = table.schema.get_field_index(name)
            renamed = pa.compute.binary_join_element_wise(table[name], pa.scalar(str(number)), "/")
            part = part.set_column(place, table.schema.field(name), renamed)
        parts.append(part)
    return pa.concat_tables(parts)
