"""What every component of every kind has: an identity and a validated config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from marshmallow import Schema

Kind = Literal["task_type", "reward_schema", "scorer", "aggregator", "router", "exporter", "llm_provider"]


class NoConfig(Schema):
    """The config schema of a component without settings: it accepts only an empty object."""


class Component:
    """One thing that a plugin registers; `kind` and `key` identify it, `version` dates its results.

    `config_schema` states the settings once: the form in the UI, validation everywhere, the JSON Schema
    of `GET /api/v1/components` and the documentation follow from it.
    """

    kind: ClassVar[Kind]
    key: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[str]
    description: ClassVar[str] = ""
    config_schema: ClassVar[type[Schema]] = NoConfig
    default: ClassVar[bool] = False
    """Whether a project that names no component of this kind gets this one (all of them, for scorers)."""

    config: Mapping[str, Any]

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        """Validate `config` with `config_schema`; raises `marshmallow.ValidationError` where it does not fit."""
        loaded: Mapping[str, Any] = self.config_schema().load(dict(config or {}))
        self.config = loaded
