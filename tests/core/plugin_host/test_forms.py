"""A component states its settings once: the form, what it posts, and the JSON Schema follow from the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_host.config_form import FormField, form_fields
from rlflow_core.plugin_host.form_data import changes_rows, read_form
from rlflow_core.plugin_host.json_schema import json_schema


class Anchor(Schema):
    value = fields.Integer(required=True, validate=validate.Range(min=1, max=7))
    text = fields.String(load_default="")


class Rubric(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1, max=40), metadata={"help": "Short."})
    weight = fields.Float(load_default=1.0, validate=validate.Range(min=0, max=1))
    scale = fields.String(
        load_default="five", validate=validate.OneOf(["five", "seven"], labels=["1 to 5", "1 to 7"])
    )
    required = fields.Boolean(load_default=True)
    tags = fields.List(fields.String())
    anchors = fields.List(fields.Nested(Anchor))
    nested = fields.Nested(Anchor)


def by_name(found: tuple[FormField, ...]) -> dict[str, FormField]:
    return {field.name: field for field in found}


def test_every_field_has_an_input_with_its_label_limits_and_choices() -> None:
    form = by_name(form_fields(Rubric, prefix="config"))
    assert [field.widget for field in form.values()] == [
        "text", "number", "select", "checkbox", "textarea", "rows", "group",
    ]  # fmt: skip
    assert (form["config.name"].required, form["config.name"].max_length, form["config.name"].help) == (
        True,
        40,
        "Short.",
    )
    assert (form["config.weight"].minimum, form["config.weight"].maximum, form["config.weight"].value) == (
        0,
        1,
        1.0,
    )
    assert form["config.scale"].choices == (("five", "1 to 5"), ("seven", "1 to 7"))
    assert form["config.anchors"].template[0].name == "config.anchors.__n__.value"
    assert [child.name for child in form["config.nested"].children] == [
        "config.nested.value",
        "config.nested.text",
    ]


def test_errors_stand_at_their_fields_also_in_rows() -> None:
    stored = {"name": "x", "anchors": [{"value": 1}, {"value": 99}]}
    try:
        Rubric().load(stored)
    except ValidationError as error:
        messages: Mapping[str, Any] = error.normalized_messages()
    form = by_name(form_fields(Rubric, stored, messages))
    assert form["anchors"].rows[0][0].errors == ()
    assert "less than or equal to 7" in form["anchors"].rows[1][0].errors[0]


def test_a_posted_form_becomes_the_data_that_the_schema_loads() -> None:
    posted = MultiDict(
        [
            ("config.name", "Fact\r\nual"),
            ("config.weight", "0.5"),
            ("config.scale", "seven"),
            ("config.tags", "a\r\n\r\nb"),
            ("config.anchors.0.value", "1"),
            ("config.anchors.0.text", "poor"),
            ("config.anchors.3.value", ""),
            ("config.anchors.3.text", ""),
            ("config.anchors.7.value", "7"),
            ("config.anchors.__n__.value", "5"),
            ("config.nested.value", "2"),
        ]
    )
    data = read_form(Rubric, posted, "config")
    assert data["name"] == "Fact\nual"
    assert data["required"] is False
    assert data["anchors"] == [{"value": 1, "text": "poor"}, {"value": 7}]
    loaded = Rubric().load(data)
    assert loaded["weight"] == 0.5
    assert loaded["tags"] == ["a", "b"]
    assert [anchor["value"] for anchor in loaded["anchors"]] == [1, 7]


def test_rows_are_added_and_dropped_by_submit_buttons_alone() -> None:
    posted = MultiDict([("anchors.0.value", "1"), ("anchors.1.value", "2"), ("_drop", "anchors.0")])
    assert changes_rows(posted)
    assert read_form(Rubric, posted)["anchors"] == [{"value": 2}]
    posted = MultiDict([("anchors.0.value", "1"), ("_add", "anchors")])
    assert read_form(Rubric, posted)["anchors"] == [{"value": 1}, {}]


def test_a_blank_required_text_is_missing_and_a_blank_optional_one_is_empty() -> None:
    data = read_form(Rubric, MultiDict([("name", ""), ("anchors.0.value", "3"), ("anchors.0.text", "")]))
    assert "name" not in data
    assert data["anchors"] == [{"value": 3, "text": ""}]


class Reading(Schema):
    strict = fields.Integer(strict=True)
    amount = fields.Float()
    numbers = fields.List(fields.Integer(strict=True))
    key = fields.Raw(metadata={"widget": "secret"})
    name = fields.String()


@pytest.mark.parametrize(
    ("posted", "read"),
    [
        ("7", 7),
        (" +7 ", 7),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("", None),
        ("seven", "seven"),
        ("0x10", "0x10"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("9" * 19, float("9" * 19)),
    ],
)
def test_numbers_are_numbers_and_what_is_none_stays_to_be_refused(posted: str, read: object) -> None:
    data = read_form(Reading, MultiDict([("amount", posted), ("name", "7")]))
    assert (data["name"], data.get("amount")) == ("7", read)
    assert type(data.get("amount")) is type(read)


def test_lists_of_numbers_and_rows_of_nothing_but_zero_are_kept() -> None:
    posted = MultiDict([("numbers", "1"), ("numbers", "x"), ("numbers", "0")])
    assert read_form(Reading, posted)["numbers"] == [1, "x", 0]
    assert read_form(Rubric, MultiDict([("anchors.0.value", "0")]))["anchors"] == [{"value": 0}]


def test_a_secret_is_the_name_of_its_variable() -> None:
    assert read_form(Reading, MultiDict([("key", " GROQ_API_KEY ")]))["key"] == {"$env": "GROQ_API_KEY"}
    assert "key" not in read_form(Reading, MultiDict([("key", " ")]))


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=20))
def test_no_form_makes_reading_it_fail(posted: dict[str, str]) -> None:
    data = read_form(Rubric, MultiDict(posted))
    assert isinstance(data["required"], bool)


def test_the_json_schema_says_what_the_schema_accepts() -> None:
    described = json_schema(Rubric)
    assert described["required"] == ["name"]
    assert described["properties"]["scale"]["enum"] == ["five", "seven"]
    assert described["properties"]["anchors"]["items"]["properties"]["value"]["maximum"] == 7
    assert described["additionalProperties"] is False
