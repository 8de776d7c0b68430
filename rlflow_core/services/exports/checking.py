"""What is written is read back and checked before anybody may load it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa

from rlflow_core.plugin_api import DatasetInfo
from rlflow_core.plugin_host.guard import Guard
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.orders import Order

MAX_PROBLEMS = 20


def check_file(
    guard: Guard, order: Order, path: Path, schema: pa.Schema, info: DatasetInfo, rows: int
) -> None:
    """Raise ExportFailed unless the file at `path` holds `rows` rows of `schema` that its layout finds right."""
    file = _ReadBack(order, path, schema)
    batches = iter(file)
    try:
        problems = list(guard.call(order.exporter, "CHECK", batches, info))
    except ComponentFault as fault:
        raise file.failure or fault from fault
    # A layout may stop reading, or not read at all: the rows are counted all the same.
    for _ in batches:
        pass
    if problems:
        raise ExportFailed(*_shortened(problems))
    if file.rows != rows:
        raise ExportFailed(f"The file has {file.rows} rows where {rows} were written.")


class _ReadBack:
    """The rows of a written file, counted; `failure` says why they cannot be read, where that is so."""

    def __init__(self, order: Order, path: Path, schema: pa.Schema) -> None:
        self.rows = 0
        self.failure: ExportFailed | None = None
        self._container = order.container
        self._path = path
        self._schema = schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._container.read(self._path, self._schema):
                self.rows += batch.num_rows
                yield batch
        except ExportFailed as failure:
            self.failure = failure
            raise
        except (pa.ArrowException, orjson.JSONDecodeError) as error:
            # The guard takes what passes through a component for a fault of the component.
            self.failure = ExportFailed(f"The file cannot be read back as {self._container.key}: {error}")
            raise self.failure from error


def _shortened(problems: list[str]) -> list[str]:
    if len(problems) <= MAX_PROBLEMS:
        return problems
    return [*problems[:MAX_PROBLEMS], f"And {len(problems) - MAX_PROBLEMS} problems more."]
