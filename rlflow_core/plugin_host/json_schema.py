"""The JSON Schema of a marshmallow schema, for clients and documentation."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema


def json_schema(schema: type[Schema]) -> dict[str, Any]:
    """The JSON Schema (as OpenAPI 3.1 embeds it) of what `schema` accepts; nested schemas are inlined."""
    plugin = MarshmallowPlugin(schema_name_resolver=_inline)  # type: ignore[arg-type]  # None is allowed
    APISpec("RLFlow", "1", "3.1.0", plugins=[plugin])
    assert plugin.converter is not None
    described: dict[str, Any] = plugin.converter.schema2jsonschema(schema())  # type: ignore[no-untyped-call]  # has no types
    return {**described, "additionalProperties": False}


def _inline(_schema: type[Schema]) -> None:
    """No name: the nested schema stands where it is used (the plugin's annotation forgets that None is allowed)."""
