"""The rows of an export, as its exporter gives them and the contract wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.services.exports.consensus_stream import ConsensusStream
from rlflow_core.services.exports.dataset import ExportDataset, info_of
from rlflow_core.services.exports.failed import ExportFailed, sentences
from rlflow_core.services.exports.orders import Order


class Rows:
    """The planned `schema` of an export and its rows, read from `session`, at most those of `limit` items."""

    def __init__(self, host: PluginHost, order: Order, session: Session, limit: int | None = None) -> None:
        self._guard = host.guard
        self._exporter = order.exporter
        stream = ConsensusStream(
            session, host.guard, order.selection, order.components.aggregator, order.components.dimensions
        )
        info = info_of(
            order.project,
            stream,
            order.selection.count(session),
            order.container.key,
            order.components.headline,
        )
        self.dataset = ExportDataset(stream, info, limit)
        self.schema = self._plan(order)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in batches of the planned columns; ExportFailed where there are none to be had."""
        with explained(self.dataset):
            for batch in self._guard.stream(self._exporter, "BATCHES", self.dataset):
                if not isinstance(batch, pa.RecordBatch) or not batch.schema.equals(self.schema):
                    raise ExportFailed(
                        f"The layout {self._exporter.component.key} gave rows of other columns than it planned."
                    )
                yield batch

    def _plan(self, order: Order) -> pa.Schema:
        with explained(self.dataset):
            schema = self._guard.call(self._exporter, "PLAN", self.dataset.info)
        if not isinstance(schema, pa.Schema) or not len(schema) or len(set(schema.names)) < len(schema):
            raise ExportFailed(f"The layout {order.layout} planned no columns, or two of one name.")
        problems = order.container.problems(schema)
        if problems:
            raise ExportFailed(*problems, errors={"format": problems})
        return schema


@contextmanager
def explained(dataset: ExportDataset) -> Iterator[None]:
    """Faults of components, and what exporters refuse on purpose, as ExportFailed."""
    try:
        yield
    except ValidationError as error:
        messages = messages_of(error)
        raise ExportFailed(*sentences(messages), errors={"config": messages}) from error
    except ComponentFault as fault:
        raise ExportFailed(str(dataset.failure or fault)) from fault
