"""The scalar reward schema: points on a scale, for each output or the task, on one dimension or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rlflow_core.plugin_api import (
    Dimension,
    OutputView,
    RewardSchema,
    Signal,
    TaskView,
    ValidationError,
    hookimpl,
)
from rlflow_plugins.reward_schemas.scalar.ratings import Place, dimension_names, places, read_ratings
from rlflow_plugins.reward_schemas.scalar.scale import Scale
from rlflow_plugins.reward_schemas.scalar.schemas import ScalarConfig, ScalarResponse

MOST_NAMED = 6


class Scalar(RewardSchema):
    """Asks for ratings on a scale."""

    key = "scalar"
    title = "Scalar rating"
    version = "1.0"
    description = "Points on a scale, for each output or the task; several dimensions make a table."
    config_schema = ScalarConfig
    RESPONSE_SCHEMA = ScalarResponse
    module = "scalar.js"
    shorthand: ClassVar[Mapping[str, str]] = {"reward_scalar": "value"}
    keys: ClassVar[Mapping[str, str]] = {
        "0–9": "The point of this number; on other scales 1 is the lowest point, 0 the tenth",
        "X": "The point after that of 9 or 0",
    }
    example_response: ClassVar[Mapping[str, Any]] = {
        "ratings": [{"output": "1", "value": 4}, {"output": "2", "value": 2}]
    }

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        """Add the points of the scale, which the widget draws, to the validated config."""
        super().__init__(config)
        labels = {anchor["value"]: anchor["label"] for anchor in self.config["anchors"]}
        self.config = {**self.config, "points": Scale.of(self.config).points(labels)}

    def check(self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]) -> None:
        """Refuse ratings off the scale or about something else, and where they are required a missing one."""
        given = read_ratings(self.config, response, outputs)
        asked = places(self.config, outputs)
        if not asked:
            raise ValidationError("This item has no output to rate.", "ratings")
        missing = [place for place in asked if place not in given]
        if missing and self.config["required"]:
            raise ValidationError(self._not_yet(missing, len(asked), outputs), "ratings")

    def DIMENSIONS(self, config: Mapping[str, Any]) -> Iterable[Dimension]:
        """One per configured dimension; `value` where there are none."""
        better = {row["name"]: row["better"] for row in config["dimensions"]}
        return [
            Dimension(
                name=name,
                kind="scalar",
                level=config["level"],
                minimum=config["minimum"],
                maximum=config["maximum"],
                better=better.get(name) or config["better"],
                per=config["per"],
            )
            for name in dimension_names(config)
        ]

    def SIGNALS(
        self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
    ) -> Iterable[Signal]:
        """One scalar per rating that was given, about its output or, without one, the task."""
        given = read_ratings(self.config, response, outputs)
        return [
            Signal(dimension=name, kind="scalar", output=output, value=value)
            for (output, name), value in given.items()
        ]

    def _not_yet(self, missing: Sequence[Place], asked: int, outputs: Sequence[OutputView]) -> str:
        if asked == 1:
            return "Not rated yet."
        letters = {output.id: output.letter for output in outputs}
        labels = {row["name"]: row["label"] or row["name"] for row in self.config["dimensions"]}
        named = [
            " ".join(part for part in (labels.get(name), letters.get(output or "")) if part)
            for output, name in missing[:MOST_NAMED]
        ]
        rest = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        return f"Not rated yet: {', '.join(named)}{rest}."


@hookimpl
def register_reward_schemas() -> list[type[RewardSchema]]:
    """The scalar rating."""
    return [Scalar]
