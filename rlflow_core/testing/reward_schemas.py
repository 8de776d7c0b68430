"""The conformance check of reward schemas: their responses and signals. The widget has a check of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from marshmallow import ValidationError, fields, validate

from rlflow_core.plugin_api import Dimension, Level, OutputView, RewardSchema, Signal, SignalKind, TaskView
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.testing.examples import example_outputs, example_task
from rlflow_core.testing.findings import Findings
from rlflow_core.testing.identity import built
from rlflow_core.testing.widgets import check_widget

RESPONSE = "RESPONSE_SCHEMA"
SIGNALS = "SIGNALS"
NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_reward_schema(
    cls: type[RewardSchema],
    config: Mapping[str, Any] | None = None,
    task: TaskView | None = None,
    outputs: Sequence[OutputView] | None = None,
) -> None:
    """Raise NotConforming where a reward schema breaks its contract, by its own `example_response`.

    `task` and `outputs` are what the example is about; by default two outputs of three steps and an answer each.
    """
    found = Findings(cls)
    schema = built(RewardSchema, cls, config, found)
    if schema is not None:
        about = task or example_task()
        shown = tuple(outputs or example_outputs(_how_many(schema)))
        _check_limits(schema, found)
        dimensions = _check_dimensions(schema, found)
        response = found.run("example_response", accepted, schema, schema.example_response, about, shown)
        if response is not None:
            _check_strangers(schema, found)
            _check_signals(schema, dimensions, response, about, shown, found)
            _check_coverage(schema, response, about, shown, found)
            check_widget(schema, response, about, shown, found)
    found.finish()


def accepted(
    schema: RewardSchema, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
) -> dict[str, Any]:
    """The response as it is loaded and checked; raises ValidationError where it does not fit."""
    made = schema.RESPONSE_SCHEMA()
    loaded: dict[str, Any] = made.dump(made.load(dict(response)))
    schema.check(loaded, task, outputs)
    return loaded


def _how_many(schema: RewardSchema) -> int:
    most = schema.max_outputs if schema.max_outputs is not None else 2
    return max(schema.min_outputs, min(2, most))


def _check_limits(schema: RewardSchema, found: Findings) -> None:
    most = schema.max_outputs
    fits = schema.min_outputs >= 0 and (most is None or most >= schema.min_outputs)
    found.expect(fits, "min_outputs", f"is {schema.min_outputs}, and max_outputs {most}")
    known = set(schema.RESPONSE_SCHEMA().fields)
    lost = sorted(set(schema.shorthand.values()) - known)
    found.expect(not lost, "shorthand", f"fills {', '.join(lost)}, which RESPONSE_SCHEMA does not have")


def _check_dimensions(schema: RewardSchema, found: Findings) -> dict[str, Dimension]:
    given = found.run("DIMENSIONS", lambda: list(schema.DIMENSIONS(schema.config))) or []
    found.expect(bool(given), "DIMENSIONS", "gives none: nothing that annotators answer would be measured")
    for dimension in given:
        _check_dimension(dimension, found)
    named = {dimension.name: dimension for dimension in given}
    found.expect(len(named) == len(given), "DIMENSIONS", "names two dimensions the same")
    return named


def _check_dimension(dimension: Dimension, found: Findings) -> None:
    name = dimension.name
    found.expect(bool(NAME.fullmatch(name)), "DIMENSIONS", f"the name {name!r} must match {NAME.pattern}")
    found.expect(
        dimension.kind in get_args(SignalKind),
        "DIMENSIONS",
        f"{name} is of the unknown kind {dimension.kind!r}",
    )
    found.expect(
        dimension.level in get_args(Level), "DIMENSIONS", f"{name} has the unknown level {dimension.level!r}"
    )
    is_named = dimension.kind not in ("label", "preference") or dimension.labels
    found.expect(bool(is_named), "DIMENSIONS", f"{name} has categories, but no labels")
    low, high = dimension.minimum, dimension.maximum
    found.expect(
        low is None or high is None or low < high, "DIMENSIONS", f"{name} reaches from {low} to {high}"
    )


def _check_strangers(schema: RewardSchema, found: Findings) -> None:
    made = schema.RESPONSE_SCHEMA()
    outcome = attempt(made.load, {**schema.example_response, "no_such_field": 1})
    found.expect(
        isinstance(outcome.error, ValidationError),
        RESPONSE,
        "takes fields that it does not have: they would be lost",
    )


def _check_signals(
    schema: RewardSchema,
    dimensions: Mapping[str, Dimension],
    response: Mapping[str, Any],
    task: TaskView,
    outputs: Sequence[OutputView],
    found: Findings,
) -> None:
    given = found.run(SIGNALS, lambda: list(schema.SIGNALS(response, task, outputs)))
    if given is None or not found.expect(bool(given), SIGNALS, "gives none for the example_response"):
        return
    known = {output.id for output in outputs}
    for signal in given:
        if not found.expect(isinstance(signal, Signal), SIGNALS, f"gives {signal!r}, which is no Signal"):
            return
        dimension = dimensions.get(signal.dimension)
        if found.expect(
            dimension is not None, SIGNALS, f"measures {signal.dimension!r}, which DIMENSIONS lacks"
        ):
            assert dimension is not None
            _check_signal(signal, dimension, known, found)
    again = found.run(SIGNALS, lambda: list(schema.SIGNALS(response, task, outputs)))
    found.expect(again == given, SIGNALS, "gives other signals when asked again: it is not deterministic")


def _check_signal(signal: Signal, dimension: Dimension, outputs: set[str], found: Findings) -> None:
    name = signal.dimension
    found.expect(
        signal.kind == dimension.kind,
        SIGNALS,
        f"gives {signal.kind} for {name}, which is declared {dimension.kind}",
    )
    about = {output for output in (signal.output, signal.other_output) if output is not None}
    strangers = sorted(about - outputs)
    found.expect(not strangers, SIGNALS, f"is about {strangers}, which is no id of an output here")
    if dimension.per == "output":
        found.expect(signal.output is not None, SIGNALS, f"{name} is per output, but a signal names none")
    if dimension.per == "pair":
        found.expect(len(about) == 2, SIGNALS, f"{name} is per pair, but a signal does not name two outputs")
    if signal.value is not None:
        low = dimension.minimum if dimension.minimum is not None else -math.inf
        high = dimension.maximum if dimension.maximum is not None else math.inf
        found.expect(
            low <= signal.value <= high, SIGNALS, f"{name} is {signal.value}, out of {low} to {high}"
        )
    if signal.label is not None and dimension.kind == "label":
        found.expect(
            signal.label in dimension.labels,
            SIGNALS,
            f"{name} is {signal.label!r}, not of {dimension.labels}",
        )


def _check_coverage(
    schema: RewardSchema,
    response: Mapping[str, Any],
    task: TaskView,
    outputs: Sequence[OutputView],
    found: Findings,
) -> None:
    """Each field of a response makes a difference to the signals, so that nothing annotators say is lost."""
    before = attempt(lambda: list(schema.SIGNALS(response, task, outputs))).value
    for name, field in schema.RESPONSE_SCHEMA().fields.items():
        changed = [
            signals
            for other in _others(field, response.get(name))
            if (signals := _signals_with(schema, {**response, name: other}, task, outputs)) is not None
        ]
        if changed and all(signals == before for signals in changed):
            found.add(
                SIGNALS, f"are the same whatever the field {name} says: what annotators answer there is lost"
            )


def _signals_with(
    schema: RewardSchema, response: Mapping[str, Any], task: TaskView, outputs: Sequence[OutputView]
) -> list[Signal] | None:
    """The signals of a changed response; None where it is refused."""

    def signals() -> list[Signal]:
        return list(schema.SIGNALS(accepted(schema, response, task, outputs), task, outputs))

    return attempt(signals).value


def _others(field: fields.Field[Any], value: Any) -> Iterator[Any]:
    """Other values that a field may take, some of which its schema may refuse."""
    for validator in field.validators:
        if isinstance(validator, validate.OneOf):
            yield from (choice for choice in validator.choices if choice != value)
    if isinstance(field, fields.List) and isinstance(value, list) and value:
        yield value[:-1]
        yield value[::-1]
        for place, row in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in _others(field.inner, row))
    elif isinstance(field, fields.Nested) and isinstance(value, Mapping):
        for name, inner in type(field.schema)().fields.items():
            yield from ({**value, name: other} for other in _others(inner, value.get(name)))
    elif isinstance(field, fields.Boolean):
        yield not value
    elif isinstance(field, fields.Number):
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else 0
        yield from (number + 1, number - 1)
    elif isinstance(field, fields.String):
        yield f"{value or ''} And more."
        yield from ("1", "2", "first", "second", "tie")
