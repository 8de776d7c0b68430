"""The exporter component: which rows a training file has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import pyarrow as pa

from rlflow_core.plugin_api.aggregator import Consensus
from rlflow_core.plugin_api.component import Component, Kind
from rlflow_core.plugin_api.dimensions import ProjectDimension
from rlflow_core.plugin_api.views import Message, OutputView, TaskView, Vote

Container = Literal["jsonl", "parquet", "csv"]
PairPolicy = Literal["adjacent", "all", "best_vs_rest"]

BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What one counting pass over the selection found; PLAN and CHECK decide by it, never by the first row.

    `container` is the kind of file the rows go into, `headline` the dimension that `reward_scalar` reports.
    """

    project: str
    project_name: str
    task_type: str
    dimensions: tuple[ProjectDimension, ...] = ()
    tasks: int = 0
    items: int = 0
    votes: int = 0
    outputs: int = 0
    empty_outputs: int = 0
    max_messages: int = 1
    roles: tuple[str, ...] = ("user",)
    container: Container = "jsonl"
    headline: ProjectDimension | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One item of the selection with everything known about it."""

    item: str
    task: TaskView
    outputs: tuple[OutputView, ...]
    consensus: tuple[Consensus, ...] = ()
    votes: tuple[Vote, ...] = ()
    adjudication: Vote | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """The chat messages that the outputs answer."""
        return self.task.messages


@dataclass(frozen=True, slots=True)
class Pair:
    """A decided comparison: `chosen` beat `rejected`; `strength` is the mean signed strength in its favour."""

    item: str
    task: TaskView
    chosen: OutputView
    rejected: OutputView
    schema: str
    dimension: str
    probability: float | None = None
    strength: float | None = None
    n: int = 0

    @property
    def messages(self) -> tuple[Message, ...]:
        """The chat messages that both outputs answer."""
        return self.task.messages


@dataclass(frozen=True, slots=True)
class Drop:
    """A record that gives no row, with the reason that the manifest counts it under."""

    reason: str


@runtime_checkable
class Dataset(Protocol):
    """A frozen selection, streamed in a fixed order as often as asked."""

    @property
    def info(self) -> DatasetInfo:
        """What the counting pass found."""
        ...

    def records(self) -> Iterator[Record]:
        """Every item of the selection."""
        ...

    def pairs(self, policy: PairPolicy = "all") -> Iterator[Pair]:
        """Every decided comparison; undecided ones are counted as dropped, by reason."""
        ...

    def table(self, name: Literal["signals", "feedback", "outputs", "tasks"]) -> pa.RecordBatchReader:
        """One of the tables that scorers get, as record batches."""
        ...

    def drop(self, reason: str) -> None:
        """Count one record as left out for `reason`."""
        ...


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known about a written file: counts, hash, and all that made it."""

    layout: str
    container: str
    rows: int
    dropped: Mapping[str, int]
    sha256: str
    file_name: str
    info: DatasetInfo
    details: Mapping[str, Any] = field(default_factory=dict)


class Exporter(Component):
    """A file layout: PLAN gives its columns, BATCHES its rows, CHECK reads back what was written."""

    kind: ClassVar[Kind] = "exporter"
    containers: ClassVar[Sequence[Container]] = ("jsonl", "parquet", "csv")
    default_container: ClassVar[Container] = "jsonl"
    default_for: ClassVar[Sequence[Container]] = ()
    """The containers for which an export that names no layout gets this one."""

    def PLAN(self, info: DatasetInfo) -> pa.Schema:
        """The columns of the file, decided for the whole selection at once."""
        raise NotImplementedError

    def BATCHES(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """The rows, as record batches of the planned schema, without holding them all in memory."""
        raise NotImplementedError

    def SIDECARS(self, manifest: Manifest) -> Mapping[str, bytes]:
        """Files that belong beside the data file, by name; none by default."""
        return {}

    def CHECK(self, batches: Iterable[pa.RecordBatch], info: DatasetInfo) -> Iterable[str]:
        """The problems of the written file, each in one sentence; none means that the trainer can load it."""
        return []


class RecordExporter(Exporter):
    """An exporter that turns one record, or one decided pair, into one row at a time.

    `info` is what is known about the selection, from the first ROW on.
    """

    each: ClassVar[Literal["record", "pair"]] = "record"
    info: DatasetInfo = DatasetInfo("", "", "")

    def ROW(self, record: Any) -> Mapping[str, Any] | Drop:
        """The row of a `Record` (or `Pair`, as `each` says), or Drop with the reason."""
        raise NotImplementedError

    def BATCHES(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """The rows of ROW in batches of BATCH_ROWS."""
        self.info = dataset.info
        schema = self.PLAN(dataset.info)
        rows: list[Mapping[str, Any]] = []
        for record in dataset.records() if self.each == "record" else dataset.pairs():
            row = self.ROW(record)
            if isinstance(row, Drop):
                dataset.drop(row.reason)
                continue
            rows.append(row)
            if len(rows) == BATCH_ROWS:
                yield pa.RecordBatch.from_pylist(rows, schema=schema)
                rows = []
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=schema)
