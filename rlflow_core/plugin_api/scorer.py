"""The scorer component: numbers about feedback, tasks, annotators or projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import pyarrow as pa

from rlflow_core.plugin_api.component import Component, Kind
from rlflow_core.plugin_api.dimensions import ProjectDimension
from rlflow_core.plugin_api.signals import SIGNAL_COLUMNS

Scope = Literal["feedback", "task", "annotator", "project"]
Need = Literal["signals", "feedback", "outputs", "tasks"]

FEEDBACK_COLUMNS = pa.schema(
    [
        ("feedback", pa.string()),
        ("revision", pa.int32()),
        ("item", pa.string()),
        ("task", pa.string()),
        ("annotator", pa.string()),
        ("by", pa.string()),
        ("purpose", pa.string()),
        ("source", pa.string()),
        ("reward_scalar", pa.float64()),
        ("rationale", pa.string()),
        ("seconds", pa.float64()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
OUTPUT_COLUMNS = pa.schema(
    [
        ("output", pa.string()),
        ("task", pa.string()),
        ("task_version", pa.int32()),
        ("model", pa.string()),
        ("text", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
TASK_COLUMNS = pa.schema(
    [
        ("task", pa.string()),
        ("version", pa.int32()),
        ("prompt", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)


@dataclass(frozen=True, slots=True)
class ScoringData:
    """The Arrow tables a scorer works on; tables it does not need are empty but have their columns.

    `signals` and `feedback` hold standing votes only, one revision each, in a fixed order.
    """

    project: str
    dimensions: tuple[ProjectDimension, ...] = ()
    signals: pa.Table = field(default_factory=SIGNAL_COLUMNS.empty_table)
    feedback: pa.Table = field(default_factory=FEEDBACK_COLUMNS.empty_table)
    outputs: pa.Table = field(default_factory=OUTPUT_COLUMNS.empty_table)
    tasks: pa.Table = field(default_factory=TASK_COLUMNS.empty_table)


@dataclass(frozen=True, slots=True)
class Score:
    """One number about `subject`, the id of a feedback, task, annotator or project.

    An undefined `value` is None and `reason` says why. Several numbers about one subject differ in `metric`
    (what is measured) or `dimension` (the `schema.dimension` it is measured on).
    """

    subject: str
    value: float | None
    reason: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    metric: str = ""
    dimension: str = ""


class Scorer(Component):
    """Numbers about the subjects of one `scope`, computed from Arrow tables of what the scorer `needs`."""

    kind: ClassVar[Kind] = "scorer"
    scope: ClassVar[Scope]
    needs: ClassVar[frozenset[Need]] = frozenset({"signals"})
    incremental: ClassVar[bool] = False
    """Whether SUMMARISE and COMBINE stand in for SCORE, so that project scope reads each batch of signals once."""

    def SCORE(self, data: ScoringData) -> Iterable[Score]:
        """The scores of all subjects in `data`; deterministic, and defined for empty tables."""
        raise NotImplementedError

    def SUMMARISE(self, data: ScoringData) -> pa.Table:
        """A summary of one batch of signals, from which COMBINE makes the scores."""
        raise NotImplementedError

    def COMBINE(self, project: str, summaries: Iterable[pa.Table]) -> Iterable[Score]:
        """The scores of the project from the summaries of all its batches, in any order of batches."""
        raise NotImplementedError
