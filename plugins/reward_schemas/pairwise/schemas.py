"""What a pairwise preference may be configured to ask, and what may be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rlflow_core.plugin_api import (
    Schema,
    ValidationError,
    fields,
    post_load,
    pre_load,
    validate,
    validates_schema,
)

UNDECIDED = {"tie": "allow_tie", "both_bad": "allow_both_bad"}
"""The answers that name no output, each with the setting that offers it."""

MAX_STRENGTH = 3


class PairwiseConfig(Schema):
    """The question and the choices on offer."""

    question = fields.String(
        load_default="Which output is better?",
        validate=validate.Length(min=1, max=500),
        metadata={"label": "Question", "help": "What annotators read above the scale."},
    )
    strength_levels = fields.Integer(
        strict=True,
        load_default=MAX_STRENGTH,
        validate=validate.Range(min=1, max=MAX_STRENGTH),
        metadata={"label": "Levels of strength", "help": "1 asks only which is better; 3 also by how much."},
    )
    allow_tie = fields.Boolean(
        load_default=True, metadata={"label": "Offer a tie", "help": "Annotators may call both equally good."}
    )
    allow_both_bad = fields.Boolean(
        load_default=True,
        metadata={"label": "Offer “both bad”", "help": "Annotators may refuse both outputs."},
    )


class PairwiseResponse(Schema):
    """A choice and its strength; one radio of the widget posts both as `output:strength`."""

    choice = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Choice", "help": "An output's id, its place as shown, tie or both_bad."},
    )
    strength = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=0, max=MAX_STRENGTH),
        metadata={
            "label": "Strength",
            "help": "From 1, slightly better; left out or 0 with tie and both_bad.",
        },
    )

    @pre_load
    def split_choice(self, data: Any, **_: Any) -> Any:
        """The data with `choice: output:strength` told apart."""
        if not isinstance(data, Mapping) or not isinstance(data.get("choice"), str):
            return data
        found = re.fullmatch(r"(.+):([0-9])", data["choice"], re.DOTALL)
        if found is None:
            return data
        strength = int(found[2])
        if data.get("strength", strength) not in (None, strength):
            raise ValidationError(f"The choice already says {strength}; leave the strength out.", "strength")
        return {**data, "choice": found[1], "strength": strength}

    @validates_schema
    def strength_fits_choice(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse a strength without a preference, and a preference without strength."""
        choice, strength = data["choice"], data["strength"]
        if choice in UNDECIDED and strength:
            raise ValidationError(f"{choice!r} has no strength; leave it out or send 0.", "strength")
        if choice not in UNDECIDED and strength == 0:
            raise ValidationError(
                f"Strength is from 1 to {MAX_STRENGTH} where one output is better.", "strength"
            )

    @post_load
    def fill_strength(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The response with its strength stated: 0 where neither is better, 1 where none was given."""
        if data["strength"] is None:
            data["strength"] = 0 if data["choice"] in UNDECIDED else 1
        return data
