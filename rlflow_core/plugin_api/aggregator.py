"""The aggregator component: many votes become one consensus with its uncertainty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

import pyarrow as pa

from rlflow_core.plugin_api.component import Component, Kind


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the votes on an item say on one dimension.

    `label` for categories (None when undecided, `method` then says why), `value` for numbers; `probability` is
    that of the label or None, `interval` the 95 % interval of the value or the probability, `n` the votes used.
    """

    item: str
    schema: str
    dimension: str
    output: str | None = None
    other_output: str | None = None
    index: int | None = None
    value: float | None = None
    label: str | None = None
    probability: float | None = None
    interval: tuple[float, float] | None = None
    n: int = 0
    method: str = ""


class Aggregator(Component):
    """A consensus per item and dimension from the signals of standing votes."""

    kind: ClassVar[Kind] = "aggregator"
    scope: ClassVar[Literal["task", "project"]] = "task"
    """task: computed in the stream, one item's signals suffice; project: fitted by a job over all of them."""

    def AGGREGATE(self, signals: pa.Table) -> Iterable[Consensus]:
        """The consensus of every (item, schema, dimension, outputs, index) in `signals` (SIGNAL_COLUMNS)."""
        raise NotImplementedError
