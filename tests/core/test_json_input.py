from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from rlflow_core.api.json_input import JsonRefused, StrictJson, loads

LOGIN = "/api/v1/auth/login"


@pytest.fixture
def knock(sqlite_app: Flask) -> FlaskClient:
    sqlite_app.config["RATELIMIT_ENABLED"] = False
    return sqlite_app.test_client()


def post(
    client: FlaskClient, body: bytes | str, content_type: str | None = "application/json"
) -> TestResponse:
    answer = client.post(
        LOGIN, data=body, content_type=content_type, environ_base={"REMOTE_ADDR": next(_addresses)}
    )
    assert set(answer.get_json()) == {"code", "status", "message", "errors"}
    assert answer.get_json()["status"] == answer.status_code
    return answer


_addresses = (f"10.1.{n // 250}.{n % 250 + 1}" for n in range(60_000))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"email": NaN}', "$.email"),
        ('{"email": -Infinity}', "$.email"),
        ('{"a": [1, {"b": 1e999}]}', "$.a[1].b"),
        ('{"a": 9223372036854775808}', "$.a"),
        ('{"a": ' + "9" * 100_000 + "}", "$.a"),
        ('{"a": ["x\\u0000"]}', "$.a[0]"),
        ('{"a": "\\ud800"}', "$.a"),
        ('{"a": "\\udc00\\ud800"}', "$.a"),
        ('{"b\\u0000": 1}', '$["b\\u0000"]'),
        ('{"b\\udfff": 1}', '$["b\\udfff"]'),
        ('{"a b": {"\\u0000": 1}}', '$["a b"]["\\u0000"]'),
        ('{"a": 1, "a": 1}', "$"),
        ('{"a": [{"b": 1, "c": 2, "b": 3}]}', "$"),
        ("[" * 65 + "]" * 65, "$[0][0][0][0]..."),
        ("[" * 100_000, "$"),
        ('{"a":' * 100_000, "$"),
        ("[" * 100_000 + "]" * 100_000, "$"),
        (json.dumps({"a": dict.fromkeys(map(str, range(1001)), 0)}), "$.a"),
    ],
)
def test_what_no_database_can_hold_is_refused_with_its_place(
    knock: FlaskClient, text: str, path: str
) -> None:
    answer = post(knock, text)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "validation_failed")
    assert list(answer.get_json()["errors"]["json"]) == [path]


@pytest.mark.parametrize(
    "body", [b"{", b"", b"{'a': 1}", b"{} {}", b"\xff\xfe{", b'{"a": "\xc3"}', b"nul", "{}".encode("utf-16")]
)
def test_what_is_not_json_is_400_and_says_where_it_ends(knock: FlaskClient, body: bytes) -> None:
    answer = post(knock, body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_json")
    assert "$" in answer.get_json()["errors"]["json"]


@pytest.mark.parametrize("body", [b"[]", b'"a"', b"7", b"null", b"true"])
def test_a_body_that_is_no_object_is_422(knock: FlaskClient, body: bytes) -> None:
    assert post(knock, body).status_code == 422


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", None],
)
def test_another_content_type_is_415(knock: FlaskClient, content_type: str | None) -> None:
    answer = post(knock, b'{"email": "eve@example.org", "password": "correct horse 7"}', content_type)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/vnd.api+json", "APPLICATION/JSON"]
)
def test_kinds_of_json_are_taken(knock: FlaskClient, content_type: str) -> None:
    body = b'{"email": "eve@example.org", "password": "correct horse 7"}'
    assert post(knock, body, content_type).status_code == 401


def test_no_body_at_all_names_the_missing_fields(knock: FlaskClient) -> None:
    answer = post(knock, b"", None)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]["json"]) == {"email", "password"}


def test_more_than_four_megabytes_are_413(knock: FlaskClient) -> None:
    assert post(knock, b" " * (4 * 1024 * 1024 + 1)).status_code == 413


def test_a_byte_order_mark_is_taken(knock: FlaskClient) -> None:
    body = b'\xef\xbb\xbf{"email": "eve@example.org", "password": "correct horse 7"}'
    assert post(knock, body).status_code == 401


def test_sixty_four_levels_and_a_thousand_keys_are_taken() -> None:
    assert loads("[" * 64 + "]" * 64)
    assert len(loads(json.dumps(dict.fromkeys(map(str, range(1000)))))) == 1000
    assert loads("[9223372036854775807, -9223372036854775808]") == [2**63 - 1, -(2**63)]


def test_a_nul_in_the_address_never_reaches_the_database(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    assert client.get("/api/v1/auth/me%00").status_code == 404
    answer = client.get("/api/v1/auth/me?a%00=%00")
    assert (answer.status_code, answer.get_json()["errors"]["query"]) == (
        422,
        {"a\\0": ["It may not hold the character NUL."]},
    )


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_what_is_taken_can_be_written_again_and_stored(value: Any) -> None:
    try:
        taken = loads(json.dumps(value))
    except JsonRefused as refused:
        assert refused.path.startswith("$")
        return
    assert loads(StrictJson(Flask("x")).dumps(taken)) == taken
    assert "\0" not in json.dumps(taken, ensure_ascii=False)
    json.dumps(taken, ensure_ascii=False).encode("utf-8")


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(alphabet='[]{}",:\\u0d8eE+-.19 nulltruefalse', max_size=80).map(str.encode)
)
def test_no_bytes_at_all_make_it_fail_otherwise(data: bytes) -> None:
    try:
        loads(data)
    except JsonRefused as refused:
        assert str(refused)


def test_nothing_that_is_not_json_is_ever_written() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        StrictJson(Flask("x")).dumps({"a": float("nan")})
