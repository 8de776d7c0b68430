"""Items with the consensus of their votes, batch by batch: the project's aggregator sees a whole batch at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy.orm import Session

from rlflow_core.plugin_api import (
    SIGNAL_COLUMNS,
    Aggregator,
    Consensus,
    OutputView,
    ProjectDimension,
    TaskView,
)
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.guard import Guard
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.item_rows import outputs_of, tasks_of
from rlflow_core.services.exports.selection import ItemRow, Selection
from rlflow_core.services.exports.vote_rows import Votes, signals_of, votes_of

Kinds = Mapping[tuple[str, str], str]
ByItem = Mapping[str, Sequence[Consensus]]


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """An item with its consensus; `kinds` says of which kind of signal each (schema, dimension) is."""

    row: ItemRow
    task: TaskView
    outputs: tuple[OutputView, ...]
    consensus: tuple[Consensus, ...]
    kinds: Kinds

    @property
    def id(self) -> str:
        """The id of the item."""
        item: str = self.row.id
        return item


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """Items in their order, with the votes on them and the signals of those (SIGNAL_COLUMNS)."""

    items: list[JudgedItem]
    votes: Votes
    signals: pa.Table


@dataclass(frozen=True, slots=True)
class ConsensusStream:
    """The items of a selection as one snapshot of the database has them."""

    session: Session
    guard: Guard
    selection: Selection
    aggregator: Bound[Aggregator]
    dimensions: tuple[ProjectDimension, ...]

    def batches(self, limit: int | None = None) -> Iterator[JudgedBatch]:
        """The items in batches, always in the same order, at most `limit` items."""
        is_fitted = self.aggregator.component.scope == "project"
        fitted = self._aggregate(self._all_signals()) if is_fitted else None
        for items in self.selection.batches(self.session, limit):
            votes = self._votes(items)
            signals = signals_of(self.session, items, votes)
            found = self._aggregate(signals) if fitted is None else fitted
            yield JudgedBatch(self._judged(items, signals, found), votes, signals)

    def _votes(self, items: Sequence[ItemRow]) -> Votes:
        return votes_of(self.session, items, self.selection.votes())

    def _judged(self, items: Sequence[ItemRow], signals: pa.Table, found: ByItem) -> list[JudgedItem]:
        tasks = tasks_of(self.session, items)
        outputs = outputs_of(self.session, items, _outputs_named(signals))
        kinds = _kinds(signals)
        return [
            JudgedItem(
                row=item,
                task=tasks[item.id],
                outputs=outputs[item.id],
                consensus=self._in_order(found.get(item.id, ()), outputs[item.id]),
                kinds=kinds,
            )
            for item in items
        ]

    def _all_signals(self) -> pa.Table:
        # An aggregator that is fitted over the project needs every vote at once; the rows without texts are small.
        parts = [
            signals_of(self.session, items, self._votes(items))
            for items in self.selection.batches(self.session)
        ]
        return pa.concat_tables([SIGNAL_COLUMNS.empty_table(), *parts])

    def _aggregate(self, signals: pa.Table) -> ByItem:
        found: dict[str, list[Consensus]] = defaultdict(list)
        for consensus in self.guard.call(self.aggregator, "AGGREGATE", signals):
            found[consensus.item].append(consensus)
        return found

    def _in_order(self, found: Sequence[Consensus], outputs: Sequence[OutputView]) -> tuple[Consensus, ...]:
        """By dimension as the project lists them, then by outputs; ExportFailed for outputs of other items."""
        if not found:
            return ()
        places: dict[str | None, int] = {output.id: output.index for output in outputs}
        places[None] = -1
        names = [(d.schema, d.dimension.name) for d in self.dimensions]
        for consensus in found:
            if consensus.output not in places or consensus.other_output not in places:
                raise ExportFailed(
                    f"The aggregator {self.aggregator.component.key} names an output that is not part of "
                    f"item {consensus.item}."
                )

        def order(consensus: Consensus) -> tuple[int, str, str, int, int, int]:
            name = (consensus.schema, consensus.dimension)
            return (
                names.index(name) if name in names else len(names),
                *name,
                places[consensus.output],
                places[consensus.other_output],
                -1 if consensus.index is None else consensus.index,
            )

        return tuple(sorted(found, key=order))


def _outputs_named(signals: pa.Table) -> set[str]:
    named = {*signals["output"].unique().to_pylist(), *signals["other_output"].unique().to_pylist()}
    return named - {None}


def _kinds(signals: pa.Table) -> Kinds:
    found = signals.select(["schema", "dimension", "kind"]).group_by(["schema", "dimension", "kind"])
    return {(row["schema"], row["dimension"]): row["kind"] for row in found.aggregate([]).to_pylist()}
