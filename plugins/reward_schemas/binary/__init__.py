"""The binary reward schema: whether an output is desirable, for each output by itself."""

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
    find_output,
    hookimpl,
)
from rlflow_plugins.reward_schemas.binary.schemas import UNSURE, VALUES, BinaryConfig, BinaryResponse


class Binary(RewardSchema):
    """Asks for thumbs up or down."""

    key = "binary"
    title = "Thumbs up or down"
    version = "1.0"
    description = "Whether each output is desirable: thumbs up or down, as KTO trains on."
    config_schema = BinaryConfig
    RESPONSE_SCHEMA = BinaryResponse
    min_outputs = 1
    keys: ClassVar[Mapping[str, str]] = {"1": "Thumbs up", "2": "Thumbs down", "3": "Unsure, where offered"}
    example_response: ClassVar[Mapping[str, Any]] = {
        "verdicts": [{"output": "1", "verdict": "desirable"}, {"output": "2", "verdict": "undesirable"}]
    }

    def check(self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]) -> None:
        """Refuse a verdict that is not offered or is about no output here, and where required a missing one."""
        given = self._given(response, outputs)
        if not outputs:
            raise ValidationError("This item has no output to judge.", "verdicts")
        missing = [output.letter for output in outputs if output.id not in given]
        if missing and self.config["required"]:
            text = f"Not judged yet: {', '.join(missing)}." if len(outputs) > 1 else "Not judged yet."
            raise ValidationError(text, "verdicts")

    def DIMENSIONS(self, config: Mapping[str, Any]) -> Iterable[Dimension]:
        """The verdict, as categories; its signals also carry 1 and 0."""
        offered = (*VALUES, UNSURE) if config["allow_unsure"] else tuple(VALUES)
        return [
            Dimension(
                name="verdict",
                kind="label",
                level="nominal",
                labels=offered,
                minimum=0.0,
                maximum=1.0,
                better="higher",
                per="output",
            )
        ]

    def SIGNALS(
        self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
    ) -> Iterable[Signal]:
        """One label per output that was judged: value 1 if desirable, 0 if not, none if unsure."""
        return [
            Signal(dimension="verdict", kind="label", output=output, label=verdict, value=VALUES.get(verdict))
            for output, verdict in self._given(response, outputs).items()
        ]

    def _given(self, response: Mapping[str, Any], outputs: Sequence[OutputView]) -> dict[str, str]:
        """The verdict on each output; raises `ValidationError` naming the one that does not fit."""
        found: dict[str, str] = {}
        for number, row in enumerate(response["verdicts"]):
            try:
                output = find_output(outputs, row["output"])
            except ValidationError as error:
                raise _wrong(number, {"output": error.messages}) from error
            verdict = row["verdict"]
            if verdict is None:
                continue
            if verdict == UNSURE and not self.config["allow_unsure"]:
                raise _wrong(number, {"verdict": ["Unsure is not offered here. Choose one of the two."]})
            if output.id in found:
                raise _wrong(number, {"output": ["This output is judged twice."]})
            found[output.id] = verdict
        return found


def _wrong(number: int, messages: Mapping[str, Any]) -> ValidationError:
    return ValidationError({"verdicts": {number: messages}})


@hookimpl
def register_reward_schemas() -> list[type[RewardSchema]]:
    """Thumbs up or down."""
    return [Binary]
