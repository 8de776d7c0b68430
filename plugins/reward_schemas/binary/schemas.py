"""What a binary reward may be configured to ask, and what may be answered."""

from __future__ import annotations

from rlflow_core.plugin_api import Schema, fields, validate

VALUES = {"desirable": 1.0, "undesirable": 0.0}
"""The two verdicts with the value of their signal."""

UNSURE = "unsure"
MAX_VERDICTS = 1_000


class BinaryConfig(Schema):
    """The question and the words of its answers."""

    question = fields.String(
        load_default="Is it a good answer?",
        validate=validate.Length(min=1, max=500),
        metadata={"label": "Question", "help": "What annotators read above the buttons."},
    )
    desirable_label = fields.String(
        load_default="Good",
        validate=validate.Length(min=1, max=40),
        metadata={"label": "Word for thumbs up", "help": "Exports say desirable, whatever stands here."},
    )
    undesirable_label = fields.String(
        load_default="Bad",
        validate=validate.Length(min=1, max=40),
        metadata={"label": "Word for thumbs down", "help": "Exports say undesirable."},
    )
    allow_unsure = fields.Boolean(
        load_default=False,
        metadata={"label": "Offer “unsure”", "help": "Annotators may say that they cannot tell."},
    )
    required = fields.Boolean(
        load_default=True, metadata={"label": "Required", "help": "Every output must be judged."}
    )


class Verdict(Schema):
    """The verdict on one output."""

    output = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Output", "help": "An output's id, or its place as shown."},
    )
    verdict = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.OneOf([*VALUES, UNSURE]),
        metadata={"label": "Verdict"},
    )


class BinaryResponse(Schema):
    """The verdicts, at most one per output."""

    verdicts = fields.List(
        fields.Nested(Verdict),
        load_default=list,
        validate=validate.Length(max=MAX_VERDICTS),
        metadata={"label": "Verdicts"},
    )
