"""The places of a list that has one value for each step of an output, so that all such lists are parallel."""

from __future__ import annotations

from collections.abc import Iterable

from rlflow_core.plugin_api.views import OutputView

Place = int | None
"""The index of a segment; None is the output as a whole."""


def segment_places(output: OutputView | None, labelled: Iterable[Place] = ()) -> list[Place]:
    """The places of `output` in their order, each a segment; an output without any is one place as a whole.

    They are its steps, or where it has none all segments but the final answer. What is `labelled` has a place
    whatever it is; an output that is labelled only as a whole has that place alone.
    """
    given = set(labelled)
    segments = output.segments if output else ()
    if given == {None} or not (given or segments):
        return [None]
    steps = [segment.index for segment in segments if segment.kind == "step"]
    known = steps or [segment.index for segment in segments if segment.kind != "answer"]
    ordered: list[Place] = [*sorted({*known, *(place for place in given if place is not None)})]
    return [None, *ordered] if None in given or not ordered else ordered


def texts_at(output: OutputView, places: Iterable[Place]) -> list[str | None]:
    """The text of each place; None where the output has no such segment."""
    texts = {segment.index: segment.text for segment in output.segments}
    return [output.text if place is None else texts.get(place) for place in places]
