"""What annotators answer to the built-in reward schemas and what it measures, as docs/reward-schemas.md shows it."""

from __future__ import annotations

import json
from dataclasses import asdict

from plugin_tables import builtin_components
from tables import table

from rlflow_core.plugin_api import Dimension, OutputView, RewardSchema, Segment, Signal, TaskView

TASK = TaskView(id="task", version=1, content={"prompt": "What do three dozen donuts cost at $1 each?"})
STEPS = ("Three dozen are 36.", "So they cost 3 · 36 dollars.")
OUTPUTS = tuple(
    OutputView(
        id=name,
        text="\n".join(STEPS),
        index=index,
        position=index,
        segments=tuple(Segment(number, "step", text) for number, text in enumerate(STEPS)),
    )
    for index, name in enumerate(("a", "b"))
)


def responses() -> str:
    """Per reward schema an answer about the outputs a and b, its dimensions and its signals."""
    parts = []
    for registered in builtin_components():
        cls = registered.cls
        if issubclass(cls, RewardSchema):
            parts.append(_part(cls()))
    return "\n".join(parts)


def _part(schema: RewardSchema) -> str:
    loaded = schema.RESPONSE_SCHEMA().load(dict(schema.example_response))
    example = json.dumps(schema.example_response, ensure_ascii=False)
    signals = [_signal(signal) for signal in schema.SIGNALS(loaded, TASK, OUTPUTS)]
    dimensions = [_dimension(dimension) for dimension in schema.DIMENSIONS(schema.config)]
    return "\n".join(
        (
            f"### `{schema.key}`: {schema.title}\n",
            f"```json\n{example}\n```\n",
            table(("dimension", "kind", "level", "per", "labels or range"), dimensions),
            table(("signal", "kind", "about", "label", "value", "text"), signals),
        )
    )


def _dimension(dimension: Dimension) -> tuple[str, ...]:
    least, most = (None if end is None else f"{end:g}" for end in (dimension.minimum, dimension.maximum))
    ends = f"{least} to {most}" if least and most else f"from {least}" if least else ""
    scale = ", ".join(f"`{label}`" for label in dimension.labels) or ends
    return (f"`{dimension.name}`", dimension.kind, dimension.level, dimension.per, scale)


def _signal(signal: Signal) -> tuple[str, ...]:
    cells = asdict(signal)
    about = [
        f"{name} {cells[name]}" for name in ("output", "other_output", "index") if cells[name] is not None
    ]
    return (
        f"`{signal.dimension}`",
        signal.kind,
        ", ".join(about).replace("other_output", "other output"),
        signal.label or "",
        "" if signal.value is None else f"{signal.value:g}",
        signal.text or "",
    )
