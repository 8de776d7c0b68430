"""What all votes on one output come to, dimension by dimension, whichever items showed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from rlflow_core.plugin_api import (
    Consensus,
    Dimension,
    OutputView,
    Place,
    ProjectDimension,
    Record,
    segment_places,
    texts_at,
)
from rlflow_plugins.exporters.rlhf.notes import Notes, is_note, notes_on

NUMBERS = ("scalar", "rank")
CATEGORIES = ("preference", "label", "step")
SETTLED = (*NUMBERS, *CATEGORIES)


@dataclass(frozen=True, slots=True)
class Measured:
    """The consensus on one output in one dimension; `value` is a number, a label, or a list of them by step.

    `mean` is that of the numbers that its labels stand for, over all votes.
    """

    value: Any = None
    mean: float | None = None
    n: int = 0
    agreement: float | None = None
    interval: tuple[float, float] | None = None


NOTHING = Measured()


@dataclass(frozen=True, slots=True)
class Rated:
    """One output of a task with everything that was found about it.

    `steps` are the texts that the lists of the row are about; `notes` has a list of as many for each dimension.
    """

    output: OutputView
    votes: int
    measured: Mapping[str, Measured]
    texts: tuple[str, ...]
    steps: Sequence[str | None]
    notes: Mapping[str, Sequence[Sequence[str] | None]]


def settled(dimensions: Sequence[ProjectDimension]) -> list[ProjectDimension]:
    """The dimensions that votes can agree on; texts and spans are none of them."""
    return [dimension for dimension in dimensions if dimension.dimension.kind in SETTLED]


def written(dimensions: Sequence[ProjectDimension]) -> list[ProjectDimension]:
    """The dimensions that have columns: those that votes can agree on, and notes on steps."""
    return [one for one in dimensions if one.dimension.kind in SETTLED or is_note(one.dimension)]


def is_listed(dimension: Dimension) -> bool:
    """Whether the dimension has a value for each step of an output."""
    return dimension.per == "segment" or dimension.kind == "step"


def rate(records: Sequence[Record], dimensions: Sequence[ProjectDimension]) -> list[Rated]:
    """The outputs that the records of one task show, in order, each once."""
    outputs = {output.id: output for record in records for output in record.outputs}
    return [_rated(output, records, dimensions) for output in outputs.values()]


def reward(measured: Mapping[str, Measured], dimension: ProjectDimension | None) -> float | None:
    """One number for a dimension; None where the votes give none. Ranks count below zero: the first is the greatest."""
    if dimension is None:
        return None
    found = measured.get(dimension.full_name, NOTHING)
    if dimension.dimension.kind == "label":
        return found.mean
    listed = found.value if isinstance(found.value, list) else [found.value]
    values = [value for value in listed if value is not None]
    if not values:
        return None
    mean = fmean(values)
    return -mean if dimension.dimension.kind == "rank" else mean


def headline(
    preferred: ProjectDimension | None, dimensions: Sequence[ProjectDimension]
) -> ProjectDimension | None:
    """The dimension whose values are rewards: the project's headline, else the first that has a better end."""
    if preferred is not None:
        return preferred
    return next(
        (dimension for dimension in settled(dimensions) if _has_better_end(dimension.dimension)), None
    )


def is_numbered(dimension: Dimension) -> bool:
    """Whether the labels of a dimension stand for numbers."""
    return dimension.kind == "label" and dimension.minimum is not None


def _has_better_end(dimension: Dimension) -> bool:
    return dimension.kind != "label" or (is_numbered(dimension) and dimension.better == "higher")


def _rated(output: OutputView, records: Sequence[Record], dimensions: Sequence[ProjectDimension]) -> Rated:
    shown_in = [record for record in records if any(shown.id == output.id for shown in record.outputs)]
    found: dict[str, list[Consensus]] = {}
    for record in shown_in:
        for consensus in record.consensus:
            if _is_about(consensus, output):
                found.setdefault(f"{consensus.schema}.{consensus.dimension}", []).append(consensus)
    notes = notes_on(output, shown_in, dimensions)
    places = segment_places(output, _labelled(dimensions, found, notes))
    return Rated(
        output=output,
        votes=sum(len(record.votes) for record in shown_in),
        measured={
            dimension.full_name: replace(
                _measured(dimension.dimension, output, found[dimension.full_name], places),
                mean=_mean_of_labels(dimension, output, shown_in),
            )
            for dimension in settled(dimensions)
            if dimension.full_name in found
        },
        texts=tuple(text for record in shown_in for text in _texts(record, output)),
        steps=texts_at(output, places),
        notes={name: [given.get(place) for place in places] for name, given in notes.items()},
    )


def _labelled(
    dimensions: Sequence[ProjectDimension],
    found: Mapping[str, Sequence[Consensus]],
    notes: Mapping[str, Notes],
) -> set[Place]:
    """The places that any list of the row says something about."""
    listed = [one.full_name for one in dimensions if is_listed(one.dimension)]
    labelled = {consensus.index for name in listed for consensus in found.get(name, ())}
    return labelled.union(*(given.keys() for given in notes.values()))


def _mean_of_labels(
    dimension: ProjectDimension, output: OutputView, records: Sequence[Record]
) -> float | None:
    if not is_numbered(dimension.dimension):
        return None
    values = [
        signal.value
        for record in records
        for vote in record.votes
        for signal in vote.signals.get(dimension.schema, ())
        if signal.dimension == dimension.dimension.name
        and signal.value is not None
        and signal.output in (None, output.id)
    ]
    return fmean(values) if values else None


def _is_about(consensus: Consensus, output: OutputView) -> bool:
    return consensus.output is None or output.id in (consensus.output, consensus.other_output)


def _measured(
    dimension: Dimension, output: OutputView, found: Sequence[Consensus], places: Sequence[Place]
) -> Measured:
    if is_listed(dimension):
        return _by_step(dimension, output, found, places)
    return Measured(
        value=_value(dimension, output, found),
        n=sum(consensus.n for consensus in found),
        agreement=_agreement(found),
        # The intervals of several items cannot be put together without their votes.
        interval=found[0].interval if len(found) == 1 and dimension.kind in NUMBERS else None,
    )


def _by_step(
    dimension: Dimension, output: OutputView, found: Sequence[Consensus], places: Sequence[Place]
) -> Measured:
    said: dict[Place, list[Consensus]] = {}
    for consensus in found:
        said.setdefault(consensus.index, []).append(consensus)
    values = [_value(dimension, output, said[place]) if place in said else None for place in places]
    n = max(sum(consensus.n for consensus in of_place) for of_place in said.values())
    return Measured(values, n=n, agreement=_agreement(found))


def _value(dimension: Dimension, output: OutputView, found: Sequence[Consensus]) -> Any:
    if dimension.kind == "label":
        labels = {consensus.label for consensus in found}
        return labels.pop() if len(labels) == 1 else None
    known = [consensus for consensus in found if consensus.value is not None and consensus.n]
    if not known:
        return None
    weighed = sum(_signed(consensus, output) * consensus.n for consensus in known)
    return weighed / sum(consensus.n for consensus in known)


def _signed(consensus: Consensus, output: OutputView) -> float:
    """The value as seen from `output`: what speaks for the other one of a pair speaks against it."""
    assert consensus.value is not None
    # Without the zero a tie would be -0.0 for the other output.
    return 0.0 - consensus.value if consensus.other_output == output.id else consensus.value


def _agreement(found: Sequence[Consensus]) -> float | None:
    """The mean share of the votes that the winning labels have."""
    shares = [consensus.probability for consensus in found if consensus.probability is not None]
    return fmean(shares) if shares else None


def _texts(record: Record, output: OutputView) -> list[str]:
    return [
        signal.text
        for vote in record.votes
        for signals in vote.signals.values()
        for signal in signals
        if signal.kind == "text" and signal.text and signal.output in (None, output.id)
    ]
