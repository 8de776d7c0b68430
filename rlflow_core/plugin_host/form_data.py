"""What a posted form says, as the raw data that its marshmallow schema loads; it works without JavaScript.

`name.group.0.field` names a field of a row, an absent checkbox is false, `_add=path` and `_drop=path.i` are the submit
buttons that change rows, wholly blank rows are dropped, line ends become \\n before anything is validated, numbers are
numbers, and a secret is the name of its variable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields
from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_host.secrets_in_config import MARK

ADD, DROP = "_add", "_drop"
MAX_ROWS = 1_000
WHOLE = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")
DECIMAL = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?\s*", re.IGNORECASE)


def read_form(schema: type[Schema], form: MultiDict[str, str], prefix: str = "") -> dict[str, Any]:
    """The raw data for `schema` in `form`; what is missing or blank is left to the schema's defaults and errors.

    Text that is no number stays where a number belongs, so that the schema can refuse it.
    """
    data: dict[str, Any] = {}
    for name, field in schema().fields.items():
        if field.dump_only:
            continue
        value = _read(field, form, f"{prefix}.{name}" if prefix else name)
        if value is not None:
            data[name] = value
    return data


def row_numbers(form: Mapping[str, str], path: str) -> list[int]:
    """The indices of the rows under `path` that the form holds, in order; the first MAX_ROWS of them."""
    pattern = re.compile(re.escape(path) + r"\.([0-9]{1,6})\.")
    return sorted({int(match[1]) for name in form if (match := pattern.match(name))})[:MAX_ROWS]


def changes_rows(form: Mapping[str, str]) -> bool:
    """Whether the form was sent by a button that adds or drops a row, so that nothing is to be saved."""
    return ADD in form or DROP in form


def _read(field: fields.Field[Any], form: MultiDict[str, str], name: str) -> Any:
    if isinstance(field, fields.Nested):
        inner = type(field.schema)
        return _read_rows(inner, form, name) if field.many else read_form(inner, form, name)
    if isinstance(field, fields.List):
        if isinstance(field.inner, fields.Nested):
            return _read_rows(type(field.inner.schema), form, name)
        return [_typed(field.inner, text) for text in _read_list(form, name)]
    if isinstance(field, fields.Boolean):
        return name in form and form[name].lower() not in ("", "false", "0", "off")
    if name not in form:
        return None
    text = newlines(form[name])
    return _typed(field, text) if text or _may_be_blank(field) else None


def _typed(field: fields.Field[Any], text: str) -> Any:
    if field.metadata.get("widget") == "secret":
        return {MARK: text.strip()} if text.strip() else None
    if not isinstance(field, fields.Number):
        return text
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def _may_be_blank(field: fields.Field[Any]) -> bool:
    # A blank number means "not given"; a blank text is a text, unless the field is required.
    return type(field) is fields.String and not field.required


def _read_list(form: MultiDict[str, str], name: str) -> list[str]:
    values = [newlines(value) for value in form.getlist(name)]
    if len(values) == 1 and "\n" in values[0]:
        values = values[0].split("\n")
    return [value.strip() for value in values if value.strip()]


def _read_rows(schema: type[Schema], form: MultiDict[str, str], name: str) -> list[dict[str, Any]]:
    numbers = row_numbers(form, name)
    if form.get(DROP, "").startswith(f"{name}."):
        dropped = form[DROP].removeprefix(f"{name}.")
        numbers = [number for number in numbers if str(number) != dropped]
    rows = [read_form(schema, form, f"{name}.{number}") for number in numbers]
    filled = [row for row in rows if not _is_blank(row)]
    return [*filled, {}] if form.get(ADD) == name else filled


def _is_blank(row: Any) -> bool:
    if isinstance(row, Mapping):
        return all(_is_blank(value) for value in row.values())
    if isinstance(row, Sequence) and not isinstance(row, str):
        return all(_is_blank(value) for value in row)
    return row is None or row is False or row == ""


def newlines(text: str) -> str:
    """`text` with every line end as \\n, as browsers send \\r\\n."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
