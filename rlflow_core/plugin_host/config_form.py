"""A form from a marshmallow schema: the fields to show, with labels, choices, limits, values and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import Schema, fields, missing, validate

Widget = Literal[
    "text", "textarea", "code", "number", "checkbox", "select", "choices", "group", "rows", "secret"
]
ROW_INDEX = "__n__"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form; `name` is that of its input, `path` its place in the data.

    Code names its `language`, or in `language_from` the id of the input that does. A group has `children`; rows have
    one group of children per row in `rows` and an empty `template` row.
    """

    name: str
    label: str
    widget: Widget
    help: str = ""
    required: bool = False
    value: Any = None
    errors: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: str = "any"
    max_length: int | None = None
    language: str = ""
    language_from: str = ""
    children: tuple[FormField, ...] = ()
    rows: tuple[tuple[FormField, ...], ...] = ()
    template: tuple[FormField, ...] = ()

    @property
    def id(self) -> str:
        """The id of its input."""
        return self.name.replace(".", "-")


def form_fields(
    schema: type[Schema],
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
    prefix: str = "",
) -> tuple[FormField, ...]:
    """The fields of `schema`, filled with `values` (as stored) and marked with `errors` (as marshmallow gives them)."""
    values, errors = values or {}, errors or {}
    return tuple(
        _form_field(field, values.get(name, missing), errors.get(name), _join(prefix, name))
        for name, field in schema().fields.items()
        if not field.dump_only
    )


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _form_field(field: fields.Field[Any], value: Any, errors: Any, name: str) -> FormField:
    if value is missing:
        value = _default(field)
    label = str(field.metadata.get("label") or name.rpartition(".")[2].replace("_", " ").capitalize())
    common: dict[str, Any] = {
        "name": name,
        "label": label,
        "help": str(field.metadata.get("help", "")),
        "required": field.required,
        "errors": _messages(errors),
    }
    if isinstance(field, fields.Nested):
        inner = type(field.schema)
        if field.many:
            return _rows(inner, value, errors, common)
        return FormField(widget="group", children=_nested(inner, value, errors, name), **common)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        return _rows(type(field.inner.schema), value, errors, common)
    return FormField(value=value, **_input(field), **_language(field, name), **common)


def _nested(schema: type[Schema], value: Any, errors: Any, name: str) -> tuple[FormField, ...]:
    return form_fields(
        schema,
        value if isinstance(value, Mapping) else {},
        errors if isinstance(errors, Mapping) else {},
        name,
    )


def _rows(schema: type[Schema], value: Any, errors: Any, common: dict[str, Any]) -> FormField:
    name = common["name"]
    by_row = errors if isinstance(errors, Mapping) else {}
    rows = tuple(
        _nested(schema, row, by_row.get(number), f"{name}.{number}")
        for number, row in enumerate(value if isinstance(value, Sequence) else [])
    )
    return FormField(
        widget="rows", rows=rows, template=_nested(schema, {}, {}, f"{name}.{ROW_INDEX}"), **common
    )


def _input(field: fields.Field[Any]) -> dict[str, Any]:
    """The widget of a plain field and what limits its input."""
    choices = _choices(field.inner if isinstance(field, fields.List) else field)
    if isinstance(field, fields.List):
        return {"widget": "choices" if choices else "textarea", "choices": choices}
    if isinstance(field, fields.Boolean):
        return {"widget": "checkbox"}
    if choices:
        return {"widget": "select", "choices": choices}
    if isinstance(field, fields.Number):
        return {
            "widget": "number",
            "step": "1" if isinstance(field, fields.Integer) else "any",
            **_range(field),
        }
    widget = field.metadata.get("widget", "text")
    return {
        "widget": widget if widget in ("textarea", "code", "secret") else "text",
        "max_length": _max_length(field),
    }


def _language(field: fields.Field[Any], name: str) -> dict[str, Any]:
    """What a field of code says of its language; another field may name it, as `language_from` its neighbour."""
    neighbour = field.metadata.get("language_from", "")
    place = _join(name.rpartition(".")[0], neighbour) if neighbour else ""
    return {"language": str(field.metadata.get("language", "")), "language_from": place.replace(".", "-")}


def _choices(field: fields.Field[Any]) -> tuple[tuple[str, str], ...]:
    for validator in field.validators:
        if isinstance(validator, validate.OneOf):
            labels = list(validator.labels) or [str(choice).replace("_", " ") for choice in validator.choices]
            return tuple(
                (str(choice), str(text)) for choice, text in zip(validator.choices, labels, strict=True)
            )
    return ()


def _range(field: fields.Field[Any]) -> dict[str, Any]:
    for validator in field.validators:
        if isinstance(validator, validate.Range):
            return {"minimum": validator.min, "maximum": validator.max}
    return {}


def _max_length(field: fields.Field[Any]) -> int | None:
    for validator in field.validators:
        if isinstance(validator, validate.Length):
            return validator.max
    return None


def _default(field: fields.Field[Any]) -> Any:
    default = field.load_default
    if default is missing:
        return None
    return default() if callable(default) else default


def _messages(errors: Any) -> tuple[str, ...]:
    if isinstance(errors, str):
        return (errors,)
    if isinstance(errors, Sequence):
        return tuple(str(error) for error in errors)
    if isinstance(errors, Mapping) and "_schema" in errors:
        return _messages(errors["_schema"])
    return ()
