"""What step labels may be configured to ask, and what may be answered."""

from __future__ import annotations

from rlflow_core.plugin_api import Schema, fields, validate

LABELS = {-1: "wrong", 0: "neutral", 1: "right"}
"""What each value of a step means, from the worst up; signals carry both."""

WRONG = -1
MAX_STEPS = 5_000
MAX_NOTE = 10_000


class StepsConfig(Schema):
    """The question, the words of the labels, and how far labels go."""

    question = fields.String(
        load_default="Is each step right?",
        validate=validate.Length(min=1, max=500),
        metadata={"label": "Question", "help": "What annotators read above the steps."},
    )
    right_label = fields.String(
        load_default="Right, and moves towards the answer",
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Meaning of +1"},
    )
    neutral_label = fields.String(
        load_default="Right but adds nothing, or you cannot tell",
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Meaning of 0"},
    )
    wrong_label = fields.String(
        load_default="Wrong, even when a later step repairs it",
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Meaning of −1"},
    )
    stop_after_first_wrong = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Stop at the first wrong step",
            "help": "Steps after it need no label and get none, as in PRM800K.",
        },
    )
    notes = fields.Boolean(
        load_default=True,
        metadata={"label": "Offer notes", "help": "Annotators may write what is wrong with a step."},
    )
    required = fields.Boolean(
        load_default=True, metadata={"label": "Required", "help": "Every step must be labelled."}
    )


class StepLabel(Schema):
    """The label of one step."""

    output = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Output", "help": "An output's id, or its place as shown."},
    )
    index = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=0),
        metadata={"label": "Step", "help": "Its index, from 0; left out for an output without steps."},
    )
    value = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.OneOf(list(LABELS)),
        metadata={"label": "Label", "help": "1, 0 or -1."},
    )
    note = fields.String(load_default="", validate=validate.Length(max=MAX_NOTE), metadata={"label": "Note"})


class StepsResponse(Schema):
    """The labels, at most one per step."""

    steps = fields.List(
        fields.Nested(StepLabel),
        load_default=list,
        validate=validate.Length(max=MAX_STEPS),
        metadata={"label": "Steps"},
    )
