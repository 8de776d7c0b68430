"""The pairwise reward schema: which of two outputs is better, and by how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rlflow_core.plugin_api import (
    Dimension,
    OutputView,
    RewardSchema,
    Signal,
    TaskView,
    ValidationError,
    find_output,
    hookimpl,
)
from rlflow_plugins.reward_schemas.pairwise.schemas import UNDECIDED, PairwiseConfig, PairwiseResponse

PLACES = {"first": "1", "second": "2"}


def chosen_output(choice: str, outputs: Sequence[OutputView]) -> OutputView:
    """The output that `choice` names; raises `ValidationError` on field `choice` where it names none."""
    return find_output(outputs, PLACES.get(choice, choice), "choice")


class Pairwise(RewardSchema):
    """Asks which of two outputs is better."""

    key = "pairwise"
    title = "Pairwise preference"
    version = "1.0"
    description = "Which of two outputs is better, and by how much; with a tie and “both bad” where wanted."
    config_schema = PairwiseConfig
    RESPONSE_SCHEMA = PairwiseResponse
    min_outputs = 2
    max_outputs = 2
    shorthand = {"preference": "choice"}
    keys = {
        "1–7": "From the left output much better to the right one much better",
        "0": "Both bad",
    }
    example_response = {"choice": "first", "strength": 1}

    def check(self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]) -> None:
        """Refuse a choice or strength that this question does not offer, and any item without two outputs."""
        if len(outputs) != 2:
            raise ValidationError(
                f"A preference compares two outputs; this item has {len(outputs)}.", "choice"
            )
        choice = response["choice"]
        if choice in UNDECIDED:
            if not self.config[UNDECIDED[choice]]:
                raise ValidationError(f"{choice!r} is not offered here. Name the better output.", "choice")
            return
        chosen_output(choice, outputs)
        levels = self.config["strength_levels"]
        if response["strength"] > levels:
            offered = "1" if levels == 1 else f"from 1 to {levels}"
            raise ValidationError(f"Strength is {offered} here; this is {response['strength']}.", "strength")

    def DIMENSIONS(self, config: Mapping[str, Any]) -> Iterable[Dimension]:
        """The choice, as categories; its signals also carry the signed strength."""
        offered = tuple(label for label, setting in UNDECIDED.items() if config[setting])
        levels = float(config["strength_levels"])
        return [
            Dimension(
                name="choice",
                kind="preference",
                level="nominal",
                labels=("first", "second", *offered),
                minimum=-levels,
                maximum=levels,
                per="pair",
            )
        ]

    def SIGNALS(
        self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
    ) -> Iterable[Signal]:
        """One preference about the outputs by their fixed index, however they were shown."""
        first, second = sorted(outputs, key=lambda output: (output.index, output.id))
        label, value = response["choice"], 0.0
        if label not in UNDECIDED:
            prefers_first = chosen_output(label, outputs).id == first.id
            label = "first" if prefers_first else "second"
            value = float(response["strength"] if prefers_first else -response["strength"])
        return [
            Signal(
                dimension="choice",
                kind="preference",
                output=first.id,
                other_output=second.id,
                label=label,
                value=value,
            )
        ]


@hookimpl
def register_reward_schemas() -> list[type[RewardSchema]]:
    """The pairwise preference."""
    return [Pairwise]
