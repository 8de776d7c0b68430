"""What an annotator's response means: validated by its reward schemas, turned into signals; no database here."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import orjson
from marshmallow import ValidationError

from rlflow_core.plugin_api import OutputView, Signal, TaskView
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.plugin_host.schema_loading import load_json
from rlflow_core.services.errors import Invalid, Unavailable
from rlflow_core.services.project_settings import NamedSchema, ProjectComponents

MIRRORED = {"first": "second", "second": "first"}
MAX_SIGNALS = 10_000


@dataclass(frozen=True, slots=True)
class NamedSignal:
    """A signal under the name of the reward schema that it comes from."""

    schema: str
    signal: Signal


@dataclass(frozen=True, slots=True)
class Judged:
    """A valid response with all that follows from it; `signals_error` says why signals are still to be derived."""

    response: Mapping[str, Any]
    body_hash: str
    signals: tuple[NamedSignal, ...]
    reward_scalar: float | None
    rationale: str | None
    signals_error: str | None = None


def expand(components: ProjectComponents, body: Mapping[str, Any]) -> dict[str, Any]:
    """The response in `body`, with shorthand names put where they belong.

    A shorthand works where exactly one reward schema of the project answers to it.
    """
    response = {
        name: dict(part) if isinstance(part, Mapping) else part
        for name, part in body.get("response", {}).items()
    }
    for short, value in body.items():
        if short == "response":
            continue
        takers = [schema for schema in components.reward_schemas if short in schema.bound.component.shorthand]
        if len(takers) != 1:
            raise Invalid(
                "The response does not fit.",
                {short: [_why_no_shorthand(components, len(takers))]},
            )
        part = response.setdefault(takers[0].name, {})
        if isinstance(part, dict):
            field = takers[0].bound.component.shorthand[short]
            if part.setdefault(field, value) != value:
                raise Invalid(
                    "The response does not fit.",
                    {short: [f"response.{takers[0].name}.{field} says something else."]},
                )
    return response


def judge(
    host: PluginHost,
    components: ProjectComponents,
    response: Mapping[str, Any],
    task: TaskView,
    outputs: Sequence[OutputView],
) -> Judged:
    """The response checked by every reward schema, and its signals; raises Invalid naming each field that is wrong.

    A fault in deriving signals from a valid response is kept as `signals_error`: no plugin fault loses a label.
    """
    loaded, errors = _validated(host, components, response, task, outputs)
    if errors:
        raise Invalid("The response does not fit.", {"response": errors})
    signals: list[NamedSignal] = []
    fault = None
    for schema in components.reward_schemas:
        try:
            signals.extend(_signals(host, schema, loaded[schema.name], task, outputs))
        except (ComponentFault, ValueError) as error:
            fault = f"{schema.name}: {error}"
    return Judged(
        response=dict(response),
        body_hash=body_hash(response),
        signals=tuple(signals),
        reward_scalar=_reward(components, signals),
        rationale=next((s.signal.text for s in signals if s.signal.kind == "text" and s.signal.text), None),
        signals_error=fault,
    )


def body_hash(response: Mapping[str, Any]) -> str:
    """The SHA-256 of a response, the same for the same answers in any order of keys."""
    return hashlib.sha256(
        orjson.dumps(response, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    ).hexdigest()


def _validated(
    host: PluginHost,
    components: ProjectComponents,
    response: Mapping[str, Any],
    task: TaskView,
    outputs: Sequence[OutputView],
) -> tuple[dict[str, Any], dict[str, Any]]:
    loaded: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    names = {schema.name for schema in components.reward_schemas}
    for name in response:
        if name not in names:
            errors[name] = [
                f"The project has no reward schema of this name. It has: {', '.join(sorted(names))}."
            ]
    for schema in components.reward_schemas:
        try:
            loaded[schema.name] = load_json(
                host.ledger, schema.bound, "RESPONSE_SCHEMA", response.get(schema.name, {})
            )
            host.guard.ask(schema.bound, "check", loaded[schema.name], task, list(outputs))
        except ValidationError as error:
            errors[schema.name] = messages_of(error)
        except ComponentFault as fault:
            raise Unavailable(
                f"{schema.name} cannot check answers right now. Your answer was not stored; keep it and try again.",
                {"response": {schema.name: [str(fault)]}},
                code="component_failed",
            ) from fault
    return loaded, errors


def _signals(
    host: PluginHost,
    schema: NamedSchema,
    loaded: Mapping[str, Any],
    task: TaskView,
    outputs: Sequence[OutputView],
) -> list[NamedSignal]:
    found: list[Signal] = host.guard.ask(schema.bound, "SIGNALS", loaded, task, list(outputs))
    if len(found) > MAX_SIGNALS:
        raise ValueError(f"{len(found)} signals of one response are more than {MAX_SIGNALS}")
    places = {output.id: output.index for output in outputs}
    return [NamedSignal(schema.name, _canonical(signal, places)) for signal in found]


def _canonical(signal: Signal, places: Mapping[str, int]) -> Signal:
    """The signal with its outputs checked, and a preference turned so that the output of the lower index is first."""
    for output in (signal.output, signal.other_output):
        if output is not None and output not in places:
            raise ValueError(
                f"a signal names the output {output[:80]!r}, which is not part of the assignment"
            )
    if signal.value is not None and not math.isfinite(signal.value):
        raise ValueError(f"a signal of {signal.dimension!r} has the value {signal.value}")
    if signal.kind != "preference" or signal.output is None or signal.other_output is None:
        return signal
    if places[signal.output] < places[signal.other_output]:
        return signal
    return replace(
        signal,
        output=signal.other_output,
        other_output=signal.output,
        label=MIRRORED.get(signal.label or "", signal.label),
        value=-signal.value if signal.value else signal.value,
    )


def _reward(components: ProjectComponents, signals: Sequence[NamedSignal]) -> float | None:
    headline = components.headline
    if headline is None:
        return None
    values = [
        s.signal.value
        for s in signals
        if s.schema == headline.schema
        and s.signal.dimension == headline.dimension.name
        and s.signal.value is not None
    ]
    return fmean(values) if values else None


def _why_no_shorthand(components: ProjectComponents, takers: int) -> str:
    if takers:
        return "Several reward schemas of the project take this. Name them in response."
    known = sorted(
        {name for schema in components.reward_schemas for name in schema.bound.component.shorthand}
    )
    return (
        f"No reward schema of the project takes this. Known here: {', '.join(known) or 'none'}, and response."
    )
