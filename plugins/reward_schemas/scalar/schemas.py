"""What a scalar reward may be configured to ask, and what may be answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlflow_core.plugin_api import Schema, ValidationError, fields, validate, validates_schema
from rlflow_plugins.reward_schemas.scalar.scale import Scale, written

MAX_RATINGS = 1_000
BETTER = ("higher", "lower", "none")
BETTER_LABELS = ("Higher is better", "Lower is better", "Neither")
LIMIT = validate.Range(min=-1e9, max=1e9)


class Anchor(Schema):
    """What a point of the scale means."""

    value = fields.Float(required=True, metadata={"label": "Point"})
    label = fields.String(
        required=True,
        validate=validate.Length(min=1, max=60),
        metadata={"label": "Meaning", "help": "Such as harmful, or very useful."},
    )


class RatedDimension(Schema):
    """One thing that is rated on the scale."""

    name = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[a-z][a-z0-9_]{0,39}\Z", error="Small letters, digits and _, a letter first, at most 40."
        ),
        metadata={"label": "Name", "help": "As it is called in exports, such as helpfulness."},
    )
    label = fields.String(
        load_default="",
        validate=validate.Length(max=60),
        metadata={"label": "Shown as", "help": "Left empty, the name is shown."},
    )
    better = fields.String(
        load_default="",
        validate=validate.OneOf(["", *BETTER], labels=["As the scale", *BETTER_LABELS]),
        metadata={"label": "Better"},
    )


class ScalarConfig(Schema):
    """The question, its scale, and what is rated."""

    question = fields.String(
        load_default="How good is it?",
        validate=validate.Length(min=1, max=500),
        metadata={"label": "Question", "help": "What annotators read above the scale."},
    )
    per = fields.String(
        load_default="output",
        validate=validate.OneOf(["output", "task"], labels=["Each output", "The task as a whole"]),
        metadata={"label": "What is rated"},
    )
    minimum = fields.Float(load_default=1.0, validate=LIMIT, metadata={"label": "Lowest point"})
    maximum = fields.Float(load_default=5.0, validate=LIMIT, metadata={"label": "Highest point"})
    step = fields.Float(
        load_default=1.0,
        validate=validate.Range(min=1e-6, max=1e9),
        metadata={"label": "Step", "help": "Up to 11 points are buttons, more are a slider."},
    )
    better = fields.String(
        load_default="higher",
        validate=validate.OneOf(BETTER, labels=BETTER_LABELS),
        metadata={"label": "Better"},
    )
    level = fields.String(
        load_default="interval",
        validate=validate.OneOf(["interval", "ordinal"], labels=["Interval", "Ordinal"]),
        metadata={
            "label": "Level of measurement",
            "help": "Interval: equal steps mean equal differences. Ordinal: only the order counts.",
        },
    )
    required = fields.Boolean(
        load_default=True, metadata={"label": "Required", "help": "Every rating must be given."}
    )
    anchors = fields.List(fields.Nested(Anchor), load_default=list, metadata={"label": "Meaning of points"})
    dimensions = fields.List(
        fields.Nested(RatedDimension),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={
            "label": "Dimensions",
            "help": "Several things rated on this scale, as a table. None: one rating, named value.",
        },
    )

    @validates_schema
    def scale_is_sound(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse a scale without room, a step that does not fit, and anchors off the scale."""
        if data["minimum"] >= data["maximum"]:
            raise ValidationError("The highest point must lie above the lowest.", "maximum")
        scale = Scale.of(data)
        if scale.place(data["maximum"]) is None:
            raise ValidationError("The steps must end at the highest point.", "step")
        for number, anchor in enumerate(data["anchors"]):
            if scale.place(anchor["value"]) is None:
                text = f"{written(anchor['value'])} is not a point of the scale."
                raise ValidationError({"anchors": {number: {"value": [text]}}})

    @validates_schema
    def names_differ(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse two dimensions, or two anchors, for the same thing."""
        for group, name, text in (
            ("dimensions", "name", "Another dimension has this name."),
            ("anchors", "value", "Another meaning is given for this point."),
        ):
            given = [row[name] for row in data[group]]
            for number, value in enumerate(given):
                if value in given[:number]:
                    raise ValidationError({group: {number: {name: [text]}}})


class Rating(Schema):
    """One point given; `output` and `dimension` may be left out where there is only one."""

    output = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.Length(max=200),
        metadata={"label": "Output", "help": "An output's id, or its place as shown."},
    )
    dimension = fields.String(allow_none=True, load_default=None, metadata={"label": "Dimension"})
    value = fields.Float(allow_none=True, load_default=None, metadata={"label": "Rating"})


class ScalarResponse(Schema):
    """The ratings; where a single one is asked, `value` says it in short."""

    value = fields.Float(allow_none=True, load_default=None, metadata={"label": "Rating"})
    ratings = fields.List(
        fields.Nested(Rating),
        load_default=list,
        validate=validate.Length(max=MAX_RATINGS),
        metadata={"label": "Ratings"},
    )
