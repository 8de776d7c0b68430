"""What a reasoning task may contain, how its answers are split, and what a project shows of it."""

from __future__ import annotations

from rlflow_core.plugin_api import MAX_TEXT, Schema, TaskContent, fields, validate

SPLITS = {
    "lines": "At line ends",
    "paragraphs": "At blank lines",
    "numbered": "At numbers, such as “Step 2:” or “2.”",
    "sentences": "At the ends of sentences",
}


class ReasoningContent(TaskContent):
    """A problem, with what a right answer is and how one gets there."""

    reference_answer = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={"label": "Reference answer", "help": "The final answer alone; models never see it."},
    )
    reference_solution = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={
            "label": "Reference solution",
            "help": "A right way to the answer; models never see it.",
            "widget": "textarea",
        },
    )


class ReasoningConfig(Schema):
    """How answers are split into steps, and what annotators see of the reference."""

    split_by = fields.String(
        load_default="lines",
        validate=validate.OneOf(list(SPLITS), labels=list(SPLITS.values())),
        metadata={
            "label": "Split answers into steps",
            "help": "Outputs that are stored keep the steps they have; a change is for those to come.",
        },
    )
    show_reference = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Show the reference",
            "help": "Annotators may unfold the right answer and solution.",
        },
    )
