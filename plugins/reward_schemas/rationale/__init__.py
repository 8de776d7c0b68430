"""The rationale reward schema: why the annotator judged as they did, in their own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rlflow_core.plugin_api import (
    Dimension,
    OutputView,
    RewardSchema,
    Schema,
    Signal,
    TaskView,
    ValidationError,
    fields,
    hookimpl,
    validate,
)

MAX_RATIONALE = 100_000


class RationaleConfig(Schema):
    """What is asked, and how much must be written."""

    question = fields.String(
        load_default="Why?",
        validate=validate.Length(min=1, max=500),
        metadata={"label": "Question", "help": "What annotators read above the field."},
    )
    minimum_length = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(min=0, max=10_000),
        metadata={
            "label": "Minimum length",
            "help": "Characters a rationale has at least, once one is written.",
        },
    )
    required = fields.String(
        load_default="never",
        validate=validate.OneOf(["always", "never"], labels=["Always", "Never"]),
        metadata={"label": "Required", "help": "Whether annotators may leave it empty."},
    )


class RationaleResponse(Schema):
    """The text as written; empty where nothing was."""

    text = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_RATIONALE),
        metadata={"label": "Rationale", "widget": "textarea"},
    )


class Rationale(RewardSchema):
    """Asks for reasons in free text."""

    key = "rationale"
    title = "Rationale"
    version = "1.0"
    description = "Free text: why the annotator judged as they did."
    config_schema = RationaleConfig
    RESPONSE_SCHEMA = RationaleResponse
    shorthand: ClassVar[Mapping[str, str]] = {"rationale": "text"}
    keys: ClassVar[Mapping[str, str]] = {"R": "Write the rationale"}
    example_response: ClassVar[Mapping[str, Any]] = {
        "text": "The first answer names the year; the second one only repeats the question."
    }

    def check(self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]) -> None:
        """Refuse a missing rationale where one is required, and one below the minimum length."""
        written = len(response["text"].strip())
        if not written and self.config["required"] == "never":
            return
        minimum = max(self.config["minimum_length"], 1)
        if written < minimum:
            unit = "character" if minimum == 1 else "characters"
            raise ValidationError(f"Write at least {minimum} {unit}; this has {written}.", "text")

    def DIMENSIONS(self, config: Mapping[str, Any]) -> Iterable[Dimension]:
        """One text, which no statistic applies to."""
        return [Dimension(name="text", kind="text", level="none")]

    def SIGNALS(
        self, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
    ) -> Iterable[Signal]:
        """The text as written; no signal where it is blank."""
        text = response["text"]
        return [Signal(dimension="text", kind="text", text=text)] if text.strip() else []


@hookimpl
def register_reward_schemas() -> list[type[RewardSchema]]:
    """The rationale."""
    return [Rationale]
