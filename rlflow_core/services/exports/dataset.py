"""The dataset that exporters read: a selection of one project, streamed from one snapshot of the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pyarrow as pa

from rlflow_core.plugin_api import Container, DatasetInfo, Drop, Pair, PairPolicy, ProjectDimension, Record
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.services.exports.consensus_stream import ConsensusStream, JudgedBatch
from rlflow_core.services.exports.drops import Drops
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.pairs import pairs_of
from rlflow_core.services.exports.refusals import refuse_item, refuse_pair
from rlflow_core.services.exports.selection import Counts, standing
from rlflow_core.services.exports.selection_tables import table_reader
from rlflow_core.services.exports.vote_rows import answers_of, signals_of, votes_of
from rlflow_core.services.projects import ProjectView


def info_of(
    project: ProjectView,
    stream: ConsensusStream,
    counts: Counts,
    container: Container,
    headline: ProjectDimension | None,
) -> DatasetInfo:
    """What exporters know of a selection beforehand."""
    return DatasetInfo(
        project=project.id,
        project_name=project.name,
        task_type=project.settings.task_type.key,
        dimensions=stream.dimensions,
        tasks=counts.tasks,
        items=counts.items,
        votes=counts.votes,
        outputs=counts.outputs,
        empty_outputs=counts.empty_outputs,
        max_messages=counts.max_messages,
        roles=counts.roles,
        container=container,
        headline=headline,
    )


class ExportDataset:
    """The `Dataset` of the plugin API; holds one batch of items of each stream at a time.

    `limit` ends every stream after so many items, `items_read` says how far the newest one is, and `failure` is
    what ended one from inside.
    """

    def __init__(self, stream: ConsensusStream, info: DatasetInfo, limit: int | None = None) -> None:
        self.info = info
        self.drops = Drops()
        self.items_read = 0
        self.failure: ExportFailed | ComponentFault | None = None
        self._stream = stream
        self._filters = stream.selection.filters
        self._limit = limit

    def records(self) -> Iterator[Record]:
        """Every item that the filters let through."""
        session = self._stream.session
        drops = self.drops.stream()
        for batch in self._batches():
            rows = [item.row for item in batch.items]
            votes = answers_of(session, batch.votes, batch.signals)
            settling = votes_of(session, rows, standing("adjudication"))
            settled = answers_of(session, settling, signals_of(session, rows, settling))
            for item in batch.items:
                if refusal := refuse_item(self._filters, item):
                    drops.add(refusal.reason)
                    continue
                yield Record(
                    item=item.id,
                    task=item.task,
                    outputs=item.outputs,
                    consensus=item.consensus,
                    votes=tuple(votes.get(item.id, ())),
                    adjudication=settled[item.id][-1] if item.id in settled else None,
                )

    def pairs(self, policy: PairPolicy = "all") -> Iterator[Pair]:
        """Every decided comparison that the filters let through."""
        drops = self.drops.stream()
        for batch in self._batches():
            for item in batch.items:
                for found in pairs_of(item, policy):
                    refusal = found if isinstance(found, Drop) else refuse_pair(self._filters, item, found)
                    if refusal is not None:
                        drops.add(refusal.reason)
                    elif isinstance(found, Pair):
                        yield found

    def table(self, name: Literal["signals", "feedback", "outputs", "tasks"]) -> pa.RecordBatchReader:
        """One of the tables that scorers get, of the selection's votes, items and tasks."""
        return table_reader(self._stream.session, self._stream.selection, name, self._limit)

    def drop(self, reason: str) -> None:
        """Count one record as left out for `reason`."""
        self.drops.add(reason)

    def _batches(self) -> Iterator[JudgedBatch]:
        self.items_read = 0
        try:
            for batch in self._stream.batches(self._limit):
                yield batch
                self.items_read += len(batch.items)
        except (ExportFailed, ComponentFault) as failure:
            # The guard takes what passes through an exporter for a fault of the exporter.
            self.failure = failure
            raise
