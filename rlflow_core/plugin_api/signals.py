"""Signals: the canonical, typed measurement rows that reward schemas derive from responses."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rlflow_core.plugin_api.dimensions import SignalKind

PREFERENCE_LABELS = ("first", "second", "tie", "both_bad")


@dataclass(frozen=True, slots=True)
class Signal:
    """One measurement within a response; the core adds who, what, when and where it was shown.

    kind preference: `label` is one of PREFERENCE_LABELS about (`output`, `other_output`), `value` the signed
    strength (positive: `output` is better, 0: tie or both bad). kind rank: one row per output, `value` its rank
    from 1, equal values are ties. kind step: `index` is the segment, `value` +1, 0 or -1. `start` and `end`
    count Unicode code points in the stored segment `index`.
    """

    dimension: str
    kind: SignalKind
    output: str | None = None
    other_output: str | None = None
    label: str | None = None
    value: float | None = None
    turn: int | None = None
    index: int | None = None
    start: int | None = None
    end: int | None = None
    severity: str | None = None
    text: str | None = None


SIGNAL_COLUMNS = pa.schema(
    [
        ("feedback", pa.string()),
        ("revision", pa.int32()),
        ("item", pa.string()),
        ("task", pa.string()),
        ("task_version", pa.int32()),
        ("turn", pa.int32()),
        ("output", pa.string()),
        ("other_output", pa.string()),
        ("annotator", pa.string()),
        ("by", pa.string()),
        ("purpose", pa.string()),
        ("schema", pa.string()),
        ("dimension", pa.string()),
        ("kind", pa.string()),
        ("label", pa.string()),
        ("value", pa.float64()),
        ("index", pa.int32()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("severity", pa.string()),
        ("text", pa.string()),
        ("position", pa.int32()),
        ("other_position", pa.int32()),
        ("seconds", pa.float64()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""The columns of every signals table, all of them always present; undefined cells are null."""
