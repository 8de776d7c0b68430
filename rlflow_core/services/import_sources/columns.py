"""How flat rows become tasks: what the names of columns mean, and how a map renames them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from marshmallow import fields

from rlflow_core.services.errors import Invalid
from rlflow_core.services.import_sources.entries import LineRefused, check
from rlflow_core.services.storable import check_storable

REST = "*"
NUMBERED = re.compile(r"(output|model)(?:_([0-9]{1,3}))?")
PREFIXES = ("content", "metadata", "vote")
WHOLE = ("content", "metadata", "outputs", "feedback", "vote.response")
NUMBERS = ("priority", "vote.seconds", "vote.reward_scalar")

ColumnMap = Mapping[str, str | None]
"""What each column is called here, None for one that is left out; "*" stands for all that are not named."""

ContentFields = Mapping[str, fields.Field[Any]]


def read_map(text: str) -> ColumnMap:
    """The map that `text` holds as a JSON object; Invalid where it is none."""
    if not text.strip():
        return {}
    try:
        columns = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _invalid(f"Must be JSON: {error.msg} (column {error.pos + 1}).") from None
    if not isinstance(columns, dict) or not all(isinstance(name, str | None) for name in columns.values()):
        raise _invalid('Must be an object of names, such as {"question": "prompt", "id": null}.')
    if columns.get(REST) is not None:
        raise _invalid('"*" stands for all other columns, which can only be left out: give it null.')
    check_storable(columns, "columns")
    return columns


def _invalid(reason: str) -> Invalid:
    return Invalid("The names of columns do not fit.", {"columns": [reason]})


def renamed(values: Mapping[str, Any], columns: ColumnMap) -> dict[str, Any]:
    """The values under the names of the map; LineRefused where two would have one name."""
    if not columns:
        return dict(values)
    found: dict[str, Any] = {}
    for column, value in values.items():
        name = columns.get(column, columns.get(REST, column))
        if name is None:
            continue
        if name in found:
            raise LineRefused(name, "Two columns are given this name.")
        found[name] = value
    return found


def line_of(cells: Mapping[str, Any], content: ContentFields) -> dict[str, Any]:
    """The line that a row of cells stands for.

    `content.x`, `metadata.x` and `vote.x` fill an object, `output_1` and `model_1` the first output, and so on;
    cells for what is no text may hold JSON.
    """
    line: dict[str, Any] = {}
    outputs: dict[int, dict[str, Any]] = {}
    for column, cell in cells.items():
        if match := NUMBERED.fullmatch(column):
            # An answer may be empty: a model's name alone says that it gave one.
            output = outputs.setdefault(int(match[2] or 0), {"output": ""})
            output["output" if match[1] == "output" else "model_id"] = cell
            continue
        value = _value(column, cell, content)
        prefix, dot, rest = column.partition(".")
        if dot and prefix in PREFIXES:
            _object(line, prefix, column)[rest] = value
        elif isinstance(line.get(column), dict) and isinstance(value, dict):
            line[column] |= value
        else:
            line[column] = value
    if outputs:
        if "outputs" in line:
            raise LineRefused("outputs", "Outputs stand both in one column and in columns of their own.")
        line["outputs"] = [outputs[number] for number in sorted(outputs)]
    if vote := line.pop("vote", None):
        line["feedback"] = [*line.get("feedback", []), vote]
    check(line)
    return line


def _object(line: dict[str, Any], name: str, column: str) -> dict[str, Any]:
    found = line.setdefault(name, {})
    if not isinstance(found, dict):
        raise LineRefused(column, f"The column {name} holds no object.")
    return found


def _value(column: str, cell: Any, content: ContentFields) -> Any:
    if not isinstance(cell, str):
        return cell
    if column == "tags":
        return _tags(cell)
    field = content.get(column.removeprefix("content."))
    is_content = field is not None and not isinstance(field, fields.String)
    if column in WHOLE or column in NUMBERS or is_content:
        return _json(cell, lambda text: text)
    return cell


def _tags(cell: str) -> Any:
    def by_commas(text: str) -> list[str]:
        return [tag.strip() for tag in text.split(",") if tag.strip()]

    return _json(cell, by_commas) if cell.lstrip().startswith("[") else by_commas(cell)


def _json(cell: str, otherwise: Callable[[str], Any]) -> Any:
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return otherwise(cell)
