"""The step label reward schema: for each step of an output whether it is right, neutral or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

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
from rlflow_plugins.reward_schemas.steps.schemas import LABELS, WRONG, StepsConfig, StepsResponse

MOST_NAMED = 6
Place = tuple[str, int | None]
"""The id of an output and the index of its segment; None is the output as a whole."""


class Steps(RewardSchema):
    """Asks for a label of each step."""

    key = "steps"
    title = "Step labels"
    version = "1.0"
    description = "Each step of an output as right, neutral or wrong, for process reward models."
    config_schema = StepsConfig
    RESPONSE_SCHEMA = StepsResponse
    min_outputs = 1
    keys: ClassVar[Mapping[str, str]] = {
        "+ 0 −": "Label the step right, neutral or wrong, and go on",
        "1 2 3": "The labels from left to right",
        "J K": "Next step, step before",
        "N": "Note on the last labelled step",
    }
    example_response: ClassVar[Mapping[str, Any]] = {
        "steps": [
            {"output": "1", "index": 0, "value": 1},
            {"output": "1", "index": 1, "value": -1, "note": "36 is the number of donuts, not of dozens."},
        ]
    }

    def check(self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]) -> None:
        """Refuse labels of steps that are not there, and where they are required missing ones."""
        given = _given(response, outputs)
        if not outputs:
            raise ValidationError("This item has no output whose steps could be labelled.", "steps")
        if not self.config["required"]:
            return
        missing = [
            f"{output.letter}{'' if index is None else f' {number}'}"
            for output in outputs
            for number, index in enumerate(self._needed(output, given), start=1)
            if (output.id, index) not in given
        ]
        if missing:
            rest = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
            raise ValidationError(f"Not labelled yet: {', '.join(missing[:MOST_NAMED])}{rest}.", "steps")

    def DIMENSIONS(self, config: Mapping[str, Any]) -> Iterable[Dimension]:
        """The label of a step, and the notes where they are offered."""
        label = Dimension(
            name="step",
            kind="step",
            level="ordinal",
            labels=tuple(LABELS.values()),
            minimum=-1.0,
            maximum=1.0,
            better="higher",
            per="segment",
        )
        note = Dimension(name="note", kind="critique", level="none", per="segment")
        return [label, note] if config["notes"] else [label]

    def SIGNALS(
        self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
    ) -> Iterable[Signal]:
        """One step per label, in the order of the steps, and one critique per note.

        Where labels end with the first wrong step, what was given after it is left out.
        """
        given = _given(response, outputs)
        for output in outputs:
            for index in self._needed(output, given):
                row = given.get((output.id, index))
                if row is not None:
                    yield from self._signals_of(output.id, index, row)

    def _signals_of(self, output: str, index: int | None, row: Mapping[str, Any]) -> Iterator[Signal]:
        label = LABELS[row["value"]]
        yield Signal("step", "step", output=output, label=label, value=float(row["value"]), index=index)
        if self.config["notes"] and row["note"].strip():
            yield Signal("note", "critique", output=output, index=index, text=row["note"])

    def _needed(self, output: OutputView, given: Mapping[Place, Mapping[str, Any]]) -> list[int | None]:
        """The steps of an output that need a label: all, or those up to the first wrong one."""
        needed = step_indices(output)
        if not self.config["stop_after_first_wrong"]:
            return needed
        for place, index in enumerate(needed):
            row = given.get((output.id, index))
            if row is not None and row["value"] == WRONG:
                return needed[: place + 1]
        return needed


def step_indices(output: OutputView) -> list[int | None]:
    """The segments of an output that are steps; an output without any is one step as a whole."""
    return [segment.index for segment in output.segments if segment.kind == "step"] or [None]


def _given(response: Mapping[str, Any], outputs: Sequence[OutputView]) -> dict[Place, Mapping[str, Any]]:
    """The row of each labelled step; raises `ValidationError` naming the row that does not fit."""
    found: dict[Place, Mapping[str, Any]] = {}
    for number, row in enumerate(response["steps"]):
        try:
            output = find_output(outputs, row["output"])
        except ValidationError as error:
            raise ValidationError({"steps": {number: {"output": error.messages}}}) from error
        known = step_indices(output)
        if row["index"] not in known:
            text = f"Output {output.letter} has no such step. {_range(known)}"
            raise ValidationError({"steps": {number: {"index": [text]}}})
        if row["value"] is None:
            continue
        if (output.id, row["index"]) in found:
            raise ValidationError({"steps": {number: {"index": ["This step is labelled twice."]}}})
        found[output.id, row["index"]] = row
    return found


def _range(known: Sequence[int | None]) -> str:
    if known == [None]:
        return "It has no steps; leave the index out to label it as a whole."
    return f"Its steps have the indices {known[0]} to {known[-1]}."


@hookimpl
def register_reward_schemas() -> list[type[RewardSchema]]:
    """The step labels."""
    return [Steps]
