"""Options of commands that take JSON."""

from __future__ import annotations

from typing import Any

import click
import orjson


def json_object(_: click.Context, option: click.Parameter, value: str) -> dict[str, Any]:
    """The JSON object that stands in an option; refused as click does where it is none."""
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise click.BadParameter(f"{value!r} is not JSON: {error}", param=option) from error
    if not isinstance(parsed, dict):
        raise click.BadParameter(f"{value!r} is not an object, such as {{}}.", param=option)
    return parsed
