"""The first rows of an export as a trainer would see them, with what is left out on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa
from sqlalchemy.orm import Session

from rlflow_core.plugin_api import DatasetInfo
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.exports import columns
from rlflow_core.services.exports.orders import Order
from rlflow_core.services.exports.rows import Rows, explained

ITEMS = 1_000
MAX_ROWS = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """The first `rows` of an export; `seen_rows`, `dropped`, `problems` are those of its first `items_read` items."""

    columns: list[dict[str, str]]
    rows: list[Mapping[str, Any]]
    selection: DatasetInfo
    items_read: int
    seen_rows: int
    dropped: Mapping[str, int]
    problems: list[str]


def preview(host: PluginHost, order: Order, session: Session, limit: int) -> Preview:
    """At most `limit` rows, from the first ITEMS items; ExportFailed where the export would fail."""
    rows = Rows(host, order, session, ITEMS)
    batches = list(rows.batches())
    with explained(rows.dataset):
        problems = host.guard.call(order.exporter, "CHECK", batches, rows.dataset.info)
    return Preview(
        columns=columns.describe(rows.schema),
        rows=_first(batches, limit),
        selection=rows.dataset.info,
        items_read=rows.dataset.items_read,
        seen_rows=sum(batch.num_rows for batch in batches),
        dropped=rows.dataset.drops.by_reason(),
        problems=list(problems),
    )


def _first(batches: list[pa.RecordBatch], limit: int) -> list[Mapping[str, Any]]:
    rows = (row for batch in batches for row in batch.slice(0, limit).to_pylist())
    return [orjson.loads(orjson.dumps(row, default=str)) for row in islice(rows, limit)]
