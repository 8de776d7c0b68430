"""What one vote measured about one output, a cell or two for each dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

import orjson
import pyarrow as pa

from rlflow_core.plugin_api import (
    Dimension,
    OutputView,
    Place,
    ProjectDimension,
    Signal,
    Vote,
    segment_places,
)

NUMBERS = ("scalar", "rank", "preference")
LISTED = ("step",)
WRITTEN = ("label", "text")
SEEN_FROM = {"first": ("chosen", "rejected"), "second": ("rejected", "chosen")}
"""What a preference says about its first and about its second output; ties say the same about both."""


def columns_of(dimension: Dimension, name: str) -> list[tuple[str, pa.DataType]]:
    """The flat columns of a dimension: lists and marked places are JSON text."""
    is_number = dimension.kind in NUMBERS and dimension.per != "segment"
    columns = [(name, pa.float64() if is_number else pa.string())]
    if dimension.kind == "preference":
        columns.append((f"{name}_label", pa.string()))
    return columns


def cells_of(
    dimension: ProjectDimension, name: str, vote: Vote, output: OutputView | None
) -> Iterator[tuple[str, Any]]:
    """The cells of a dimension; null where the vote says nothing about the output."""
    kind, per = dimension.dimension.kind, dimension.dimension.per
    signals = list(_about(dimension, vote, output))
    if kind in LISTED or (per == "segment" and kind in (*NUMBERS, *WRITTEN)):
        yield name, _by_step(signals, output)
    elif kind == "preference":
        yield name, _mean([_seen_from(signal, output) for signal in signals])
        yield f"{name}_label", _joined([_verdict(signal, output) for signal in signals])
    elif kind in NUMBERS:
        yield name, _mean([signal.value for signal in signals])
    elif kind in WRITTEN:
        yield name, _joined([signal.label if kind == "label" else signal.text for signal in signals])
    else:
        yield name, _json([_marked(signal) for signal in signals]) if signals else None


def _about(dimension: ProjectDimension, vote: Vote, output: OutputView | None) -> Iterator[Signal]:
    for signal in vote.signals.get(dimension.schema, ()):
        if signal.dimension != dimension.dimension.name:
            continue
        if signal.output is None or (output and output.id in (signal.output, signal.other_output)):
            yield signal


def _seen_from(signal: Signal, output: OutputView | None) -> float | None:
    is_other = output is not None and signal.other_output == output.id
    # Without the zero a tie would be -0.0 for the second output.
    return 0.0 - signal.value if is_other and signal.value is not None else signal.value


def _verdict(signal: Signal, output: OutputView | None) -> str | None:
    if signal.label not in SEEN_FROM:
        return signal.label
    return SEEN_FROM[signal.label][output is not None and signal.other_output == output.id]


def _by_step(signals: Sequence[Signal], output: OutputView | None) -> str | None:
    if not signals:
        return None
    said: dict[Place, Any] = {}
    for signal in signals:
        value = signal.value if signal.value is not None else signal.label
        said[_place(signal)] = value if value is not None else signal.text
    return _json([said.get(place) for place in segment_places(output, said)])


def _place(signal: Signal) -> Place:
    return signal.index if signal.index is not None else signal.turn


def _marked(signal: Signal) -> Mapping[str, Any]:
    """A signal about a place in an output, without what its column says already."""
    named = asdict(signal)
    return {
        field: value
        for field, value in named.items()
        if value is not None and field not in ("dimension", "kind")
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _joined(texts: Sequence[str | None]) -> str | None:
    known = [text for text in texts if text is not None]
    return ", ".join(known) if known else None


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
