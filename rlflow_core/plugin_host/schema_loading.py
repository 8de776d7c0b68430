"""Runs the marshmallow schemas that components state for contents and responses; their faults stay their own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import orjson
from marshmallow import Schema, ValidationError

from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.problems import ComponentFault, Ledger, Problem
from rlflow_core.plugin_host.problems_text import describe, traceback_of

SchemaName = Literal["CONTENT_SCHEMA", "RESPONSE_SCHEMA"]


def load_json(ledger: Ledger, bound: Bound[Any], name: SchemaName, data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` as the component's schema reads it, with its defaults, as values that JSON can hold.

    Raises the schema's ValidationError, and ComponentFault where the schema itself fails.
    """
    outcome = attempt(_load, getattr(bound.component, name), data)
    if isinstance(outcome.error, ValidationError):
        raise outcome.error
    if outcome.error is not None:
        registered = bound.registered
        problem = Problem(
            registered.source.name,
            name,
            describe(outcome.error),
            registered.kind,
            registered.key,
            traceback_of(outcome.error),
        )
        ledger.record(problem)
        raise ComponentFault(problem) from outcome.error
    return outcome.value or {}


@lru_cache(maxsize=512)
def _made(schema: type[Schema]) -> Schema:
    # Making one takes as long as loading with it, and an import loads thousands of times.
    return schema()


def _load(schema: type[Schema], data: Mapping[str, Any]) -> dict[str, Any]:
    made = _made(schema)
    dumped: dict[str, Any] = orjson.loads(orjson.dumps(made.dump(made.load(data))))
    return dumped
