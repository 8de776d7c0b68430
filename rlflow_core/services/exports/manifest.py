"""The manifest of an export: all that made the file, so that a row can be traced back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import orjson
import pyarrow as pa

from rlflow_core.plugin_api import DatasetInfo, Manifest
from rlflow_core.plugin_host.provenance import version_row
from rlflow_core.services.exports import columns
from rlflow_core.services.exports.filters import dump_filters
from rlflow_core.services.exports.orders import Order

FILE_NAME = "manifest.json"


def make_manifest(
    order: Order,
    info: DatasetInfo,
    schema: pa.Schema,
    *,
    export_id: str,
    component_set: str,
    file_name: str,
    rows: int,
    dropped: Mapping[str, int],
    sha256: str,
    size: int,
) -> Manifest:
    """What is known about a written file of `size` bytes."""
    return Manifest(
        layout=order.layout,
        container=order.container.key,
        rows=rows,
        dropped=dict(dropped),
        sha256=sha256,
        file_name=file_name,
        info=info,
        details={
            "export": export_id,
            "bytes": size,
            "columns": columns.describe(schema),
            "project_revision": order.project.revision,
            "project_revision_id": order.project.revision_id,
            "filters": dump_filters(order.filters),
            "config": dict(order.exporter.config),
            "components": {
                "set": component_set,
                "exporter": version_row(order.exporter.registered),
                "aggregator": {
                    **version_row(order.components.aggregator.registered),
                    "config": dict(order.components.aggregator.config),
                },
            },
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "rlflow": version("rlflow-core"),
        },
    )


def as_json(manifest: Manifest) -> dict[str, Any]:
    """The manifest as one flat JSON object, the same for every layout."""
    stored = asdict(manifest)
    details = stored.pop("details")
    info = stored.pop("info")
    # One round through JSON turns tuples into lists: what is stored is what is in the file.
    flat: dict[str, Any] = orjson.loads(orjson.dumps({**stored, **details, "selection": info}))
    return flat


def as_bytes(manifest: Manifest) -> bytes:
    """The manifest as a JSON file."""
    return orjson.dumps(as_json(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
