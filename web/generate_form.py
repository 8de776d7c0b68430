"""The generate form as plain values: provider, models, samples, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_host.config_form import FormField, form_fields
from rlflow_core.plugin_host.form_data import WHOLE, read_form
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.schemas.generation import GenerateIn, ParametersIn
from rlflow_core.services.errors import Invalid
from rlflow_core.services.generation.orders import MESSAGE, Wish
from rlflow_core.services.generation.providers import ProviderView

# What most people set; the API takes the others too.
SHOWN = ("temperature", "top_p", "max_tokens", "seed")


@dataclass(frozen=True, slots=True)
class GenerateForm:
    """Everything that stands in the form."""

    provider: str
    models: tuple[str, ...]
    samples: int | str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def new_form(providers: list[ProviderView], wanted: str = "") -> GenerateForm:
    """The form with the provider `wanted`, or the one that is offered first, and its first model."""
    chosen = next((view for view in providers if view.key == wanted), providers[0] if providers else None)
    if chosen is None:
        return GenerateForm("", ())
    return GenerateForm(chosen.key, chosen.models[:1])


def read_generate_form(form: MultiDict[str, str]) -> GenerateForm:
    """What was posted; text that is no number stays, so that it can be refused in its place."""
    samples = form.get("samples", "").strip()
    return GenerateForm(
        provider=form.get("provider", ""),
        models=tuple(dict.fromkeys(form.getlist("models"))),
        samples=(int(samples) if WHOLE.fullmatch(samples) else samples) if samples else None,
        parameters={
            name: value
            for name, value in read_form(ParametersIn, form, "parameters").items()
            if name in SHOWN and value not in ("", None)
        },
    )


def wish_of(form: GenerateForm) -> Wish:
    """What the form asks for; Invalid names the fields that do not fit."""
    body: dict[str, Any] = {"provider": form.provider, "parameters": dict(form.parameters)}
    if form.models:
        body["models"] = list(form.models)
    if form.samples is not None:
        body["samples"] = form.samples
    try:
        wish: Wish = GenerateIn().load(body)["wish"]
    except ValidationError as error:
        raise Invalid(MESSAGE, messages_of(error)) from error
    return wish


def parameter_fields(form: GenerateForm, errors: Mapping[str, Any]) -> list[FormField]:
    """The parameters as the form shows them, each marked with what is wrong with it."""
    wrong = errors.get("parameters")
    fields = form_fields(
        ParametersIn, form.parameters, wrong if isinstance(wrong, Mapping) else {}, "parameters"
    )
    return [one for one in fields if one.name.removeprefix("parameters.") in SHOWN]
