"""Secrets in component configs: stored as the name of an environment variable, read when a component is built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError

from rlflow_core.config import environment_variable

MARK = "$env"


def resolve(config: Mapping[str, Any]) -> dict[str, Any]:
    """`config` with every `{"$env": "NAME"}` replaced by the variable's value.

    Raises `marshmallow.ValidationError` that names a variable which is not set.
    """
    return {name: _resolve(name, value) for name, value in config.items()}


def without_unset(config: Mapping[str, Any]) -> dict[str, Any]:
    """`config` without the entries that stand for a variable which is not set, or set to nothing."""
    return {name: value for name, value in config.items() if not _is_unset(value)}


def unset(variables: Iterable[str]) -> list[str]:
    """Those of `variables` that are not set, or set to nothing."""
    return [variable for variable in variables if not environment_variable(variable)]


def _is_unset(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {MARK} and not environment_variable(str(value[MARK]))


def _resolve(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {MARK}:
            return _variable(name, str(value[MARK]))
        return resolve(value)
    if isinstance(value, list):
        return [_resolve(name, part) for part in value]
    return value


def _variable(name: str, variable: str) -> str:
    found = environment_variable(variable)
    if found is None:
        raise ValidationError(f"The environment variable {variable} is not set on this server.", name)
    return found
