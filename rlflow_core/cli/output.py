"""What commands print: a sentence for people, or one JSON value with `--json`."""

from __future__ import annotations

import json
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of text.")


def show(value: Any, text: str, *, as_json: bool) -> None:
    """Print `value` as JSON or `text`, whichever was asked for, to standard output."""
    click.echo(json.dumps(value, default=str, ensure_ascii=False) if as_json else text)
