"""Notes on the steps of an output: who read it wrote what is wrong with which step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rlflow_core.plugin_api import Dimension, OutputView, Place, ProjectDimension, Record, Signal

Notes = Mapping[Place, list[str]]
"""The texts on each place of one output, in the order of the votes."""


def is_note(dimension: Dimension) -> bool:
    """Whether the dimension holds texts about single steps."""
    return dimension.kind == "critique" and dimension.per == "segment"


def notes_on(
    output: OutputView, records: Sequence[Record], dimensions: Sequence[ProjectDimension]
) -> dict[str, Notes]:
    """The notes on an output by the full name of their dimension; one without any note is there too, empty."""
    found: dict[str, Notes] = {}
    for dimension in dimensions:
        if is_note(dimension.dimension):
            given: dict[Place, list[str]] = {}
            for place, text in _texts(output, records, dimension):
                given.setdefault(place, []).append(text)
            found[dimension.full_name] = given
    return found


def _texts(
    output: OutputView, records: Sequence[Record], dimension: ProjectDimension
) -> Iterator[tuple[Place, str]]:
    for record in records:
        for vote in record.votes:
            for signal in vote.signals.get(dimension.schema, ()):
                if (
                    signal.dimension == dimension.dimension.name
                    and signal.output == output.id
                    and signal.text
                ):
                    yield _place(signal), signal.text


def _place(signal: Signal) -> Place:
    return signal.index if signal.index is not None else signal.turn
