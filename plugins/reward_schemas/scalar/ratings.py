"""Which rating belongs to which output and dimension, checked against what is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlflow_core.plugin_api import OutputView, ValidationError, find_output
from rlflow_plugins.reward_schemas.scalar.scale import Scale, written

Place = tuple[str | None, str]
"""The id of an output, or None for the task, and the name of a dimension."""

ONLY_DIMENSION = "value"


def dimension_names(config: Mapping[str, Any]) -> list[str]:
    """The dimensions that are rated, in their order."""
    return [row["name"] for row in config["dimensions"]] or [ONLY_DIMENSION]


def places(config: Mapping[str, Any], outputs: Sequence[OutputView]) -> list[Place]:
    """Everything that is to be rated, dimension by dimension."""
    rated = [output.id for output in outputs] if config["per"] == "output" else [None]
    return [(output, name) for name in dimension_names(config) for output in rated]


def read_ratings(
    config: Mapping[str, Any], response: Mapping[str, Any], outputs: Sequence[OutputView]
) -> dict[Place, float]:
    """The point given at each place; raises `ValidationError` naming the rating that does not fit."""
    asked = places(config, outputs)
    if response["value"] is None:
        return _rows(config, response["ratings"], outputs)
    if response["ratings"]:
        raise ValidationError("Give either value or ratings.", "value")
    if len(asked) != 1:
        raise ValidationError(
            f"One number does not say what it is about; {len(asked)} ratings are asked here. "
            "Name each output and dimension in ratings.",
            "value",
        )
    return {asked[0]: _point(config, response["value"], None)}


def _rows(
    config: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], outputs: Sequence[OutputView]
) -> dict[Place, float]:
    found: dict[Place, float] = {}
    for number, row in enumerate(rows):
        place = (
            _output(config, row["output"], outputs, number),
            _dimension(config, row["dimension"], number),
        )
        if row["value"] is None:
            continue
        if place in found:
            raise _wrong(number, "value", "This is rated twice.")
        found[place] = _point(config, row["value"], number)
    return found


def _output(
    config: Mapping[str, Any], reference: str | None, outputs: Sequence[OutputView], number: int
) -> str | None:
    if config["per"] == "task":
        if reference is not None:
            raise _wrong(number, "output", "The task is rated as a whole here; leave the output out.")
        return None
    if reference is None and len(outputs) == 1:
        return outputs[0].id
    try:
        return find_output(outputs, reference or "").id
    except ValidationError as error:
        raise _wrong(number, "output", str(error.messages[0])) from error


def _dimension(config: Mapping[str, Any], name: str | None, number: int) -> str:
    known = dimension_names(config)
    if name is None and len(known) == 1:
        return known[0]
    if name not in known:
        raise _wrong(number, "dimension", f"Name one of: {', '.join(known)}.")
    return name


def _point(config: Mapping[str, Any], value: float, number: int | None) -> float:
    scale = Scale.of(config)
    point = scale.place(value)
    if point is None:
        ends = f"{written(scale.minimum)} to {written(scale.maximum)} in steps of {written(scale.step)}"
        text = f"Ratings go from {ends}; this is {written(value)}."
        raise ValidationError(text, "value") if number is None else _wrong(number, "value", text)
    return point


def _wrong(number: int, field: str, text: str) -> ValidationError:
    return ValidationError({"ratings": {number: {field: [text]}}})
