"""Bodies of generations: what models are asked for, and with which parameters."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates

from rlflow_core.schemas import InSchema
from rlflow_core.services.generation.orders import MAX_SAMPLES, SEEDS, Wish

FRACTION = validate.Range(min=0, max=1)
PENALTY = validate.Range(min=-2, max=2)
# What the server itself says in a request.
RESERVED = {"model", "messages", "stream", "stream_options", "n", "seed"}
MAX_MORE = 20


class ParametersIn(InSchema):
    """How a model answers; what is left out is the provider's choice."""

    temperature = fields.Float(
        validate=validate.Range(min=0, max=2),
        metadata={"label": "Temperature", "help": "0 gives the likeliest words, 2 the most varied."},
    )
    top_p = fields.Float(
        validate=FRACTION,
        metadata={"label": "Top p", "help": "The share of likely words that are chosen from."},
    )
    max_tokens = fields.Integer(
        strict=True,
        validate=validate.Range(min=1, max=1_000_000),
        metadata={"label": "Longest answer", "help": "In tokens, which are about three quarters of a word."},
    )
    seed = fields.Integer(
        strict=True,
        validate=validate.Range(min=0, max=SEEDS - MAX_SAMPLES - 1),
        metadata={
            "label": "Seed",
            "help": "Of the first sample; every further one counts it up. Drawn where several are asked for.",
        },
    )
    stop = fields.List(
        fields.String(validate=validate.Length(min=1, max=200)),
        validate=validate.Length(min=1, max=4),
        metadata={"label": "Stop at", "description": "Texts at which an answer ends."},
    )
    frequency_penalty = fields.Float(validate=PENALTY)
    presence_penalty = fields.Float(validate=PENALTY)
    more = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=100)),
        validate=validate.Length(max=MAX_MORE),
        metadata={"description": "Parameters of this provider alone, sent as they are."},
    )

    @validates("more")
    def check_more(self, value: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError for what has a place of its own."""
        taken = (RESERVED | set(self.fields)) & set(value)
        if taken:
            raise ValidationError(f"These have a place of their own: {', '.join(sorted(taken))}.")


class GenerateIn(InSchema):
    """What is asked for; every field may be left out."""

    provider = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=64),
        metadata={"description": "Key of an LLM provider; without it the default one of this server."},
    )
    models = fields.List(
        fields.String(validate=validate.Length(min=1, max=200)),
        load_default=None,
        validate=validate.Length(min=1, max=MAX_SAMPLES),
        metadata={"description": "Ids of models of the provider; without it the one that it names first."},
    )
    samples = fields.Integer(
        strict=True,
        load_default=None,
        validate=validate.Range(min=1, max=MAX_SAMPLES),
        metadata={"description": "Answers of each model; without it as many as make the task judgeable."},
    )
    parameters = fields.Nested(ParametersIn, load_default=dict)
    stream = fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "true: answer with server-sent events, as `Accept: text/event-stream` does; "
            "false: make a job of it in any case."
        },
    )

    @post_load
    def to_wish(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The wish as services take it, and whether it is to be streamed."""
        models = data["models"]
        return {
            "stream": data["stream"],
            "wish": wish_of(data["provider"], models, data["samples"], data["parameters"]),
        }


def wish_of(
    provider: str | None, models: list[str] | None, samples: int | None, parameters: dict[str, Any]
) -> Wish:
    """The wish in loaded values; the seed stands apart, since every sample has its own."""
    plain = {name: value for name, value in parameters.items() if name not in ("seed", "more")}
    return Wish(
        provider=provider,
        models=tuple(models) if models else None,
        samples=samples,
        parameters={**plain, **parameters.get("more", {})},
        seed=parameters.get("seed"),
    )
