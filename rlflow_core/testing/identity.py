"""What every component has, whatever its kind: a key, a title, a version, and a config that becomes a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError, fields

from rlflow_core.plugin_api import Component
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.config_form import form_fields
from rlflow_core.plugin_host.json_schema import json_schema
from rlflow_core.plugin_host.registry import flaw_of
from rlflow_core.testing.findings import Findings

C = TypeVar("C", bound=Component)

HAVE_INPUTS = (fields.String, fields.Number, fields.Boolean, fields.DateTime, fields.Time, fields.Enum)
IDENTITY = "identity"
CONFIG = "config_schema"


def built(base: type[C], cls: type[C], config: Mapping[str, Any] | None, found: Findings) -> C | None:
    """The component of `base`'s kind with `config`, after the checks that all kinds share; None where it cannot be."""
    flaw = flaw_of(base.kind, cls)
    if flaw:
        found.add(IDENTITY, flaw)
        return None
    check_form(cls.config_schema, CONFIG, found)
    _check_unknown_settings(cls, config, found)
    return found.run(CONFIG, cls, config)


def check_form(schema: type[Schema], part: str, found: Findings) -> None:
    """Note what keeps a form, or a JSON Schema, from being made of `schema`, and fields that no input can fill."""
    found.run(part, json_schema, schema)
    found.run(part, form_fields, schema)
    for path, field in found.run(part, lambda: list(_leaves(schema, ""))) or ():
        inner = field.inner if isinstance(field, fields.List) else field
        found.expect(
            isinstance(inner, HAVE_INPUTS),
            part,
            f"the field {path} is a {type(inner).__name__}, for which forms have no input",
        )


def _leaves(schema: type[Schema], above: str) -> Iterator[tuple[str, fields.Field[Any]]]:
    for name, field in schema().fields.items():
        path = f"{above}{name}"
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from _leaves(type(inner.schema), f"{path}.")
        elif not field.dump_only:
            yield path, field


def _check_unknown_settings(cls: type[Component], config: Mapping[str, Any] | None, found: Findings) -> None:
    given = {**(config or {}), "no_such_setting": 1}
    outcome = attempt(cls, given)
    if not isinstance(outcome.error, ValidationError):
        found.add(CONFIG, "takes settings that it does not have: a misspelt one would be ignored")
