"""The plain fields of the project form; those of components come from the components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from rlflow_core.services.project_settings import ProjectSettings

BALANCED = "balanced_pairs"


class Basics(Schema):
    """What a project is called and who may judge in it."""

    name = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Name", "help": "Annotators see it beside their work."},
    )
    entry = fields.String(
        load_default="members",
        validate=validate.OneOf(
            ["members", "open", "code"],
            labels=["Only members", "Every annotator on this server", "Whoever has the project's code"],
        ),
        metadata={"label": "Who may judge"},
    )


class Judging(Schema):
    """How often something is judged, what is shown together, and what annotators are told."""

    wanted = fields.Integer(
        load_default=3,
        validate=validate.Range(min=1, max=100),
        metadata={"label": "Judgements of each item", "help": "By different annotators."},
    )
    pairing = fields.String(
        load_default="all_outputs",
        validate=validate.OneOf(
            ["all_outputs", "all_pairs", BALANCED],
            labels=["All outputs of a task", "Every pair of outputs", "Some pairs, balanced"],
        ),
        metadata={"label": "Shown together"},
    )
    pairs = fields.Integer(
        load_default=3,
        validate=validate.Range(min=1, max=9999),
        metadata={"label": "Pairs that each output is in", "help": "Counts where only some pairs are shown."},
    )
    display_order = fields.String(
        load_default="random",
        validate=validate.OneOf(
            ["random", "both", "fixed"],
            labels=["Random", "Both orders equally", "As imported"],
        ),
        metadata={"label": "Order of outputs"},
    )
    hide_models = fields.Boolean(
        load_default=True,
        metadata={"label": "Hide the names of models", "help": "Annotators see letters only."},
    )
    lease_minutes = fields.Integer(
        load_default=30,
        validate=validate.Range(min=1, max=1440),
        metadata={"label": "Minutes reserved", "help": "A task that is not finished by then goes to others."},
    )
    max_skips = fields.Integer(
        load_default=3,
        validate=validate.Range(min=1, max=100),
        metadata={"label": "Skips before it is set aside", "help": "It then waits for a researcher."},
    )
    guidelines = fields.String(
        load_default="",
        validate=validate.Length(max=100_000),
        metadata={
            "label": "Guidelines",
            "help": "Annotators can open them beside every task.",
            "widget": "textarea",
        },
    )


def judging_of(settings: ProjectSettings) -> dict[str, Any]:
    """The values of the Judging fields in `settings`."""
    pairing, _, pairs = settings.pairing.partition(":")
    values = {name: getattr(settings, name) for name in Judging().fields if name not in ("pairing", "pairs")}
    return {**values, "pairing": pairing, "pairs": int(pairs) if pairs else 3}


def pairing_of(judging: Mapping[str, Any]) -> str:
    """The pairing of a project in the words of its settings."""
    pairing = str(judging["pairing"])
    return f"{pairing}:{judging['pairs']}" if pairing == BALANCED else pairing
