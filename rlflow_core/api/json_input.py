"""JSON as the API takes it: bounded in size and depth, only numbers and texts that every database can store."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from flask import Request, abort
from flask.json.provider import DefaultJSONProvider
from marshmallow import RAISE, Schema
from webargs import core
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.exceptions import BadRequest, UnprocessableEntity

from rlflow_core.security.request_limits import BODY_BYTES

MAX_DEPTH = 64
MAX_KEYS = 1000
# Of signed 64 bits, which is what both databases and most readers of JSON can hold.
MAX_INTEGER = 2**63 - 1
MAX_DIGITS = 19

# NUL and lone surrogates: valid in JSON, not storable.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class JsonRefused(ValueError):
    """A JSON text that is not taken: `path` says where ("$.a[0]"), `reason` why."""

    def __init__(self, path: str, reason: str, *, is_json: bool) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.is_json = is_json


def loads(data: bytes | str) -> Any:
    """The value of a JSON text in UTF-8; JsonRefused says where and why it is not taken."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(
            text,
            parse_constant=lambda _name: math.nan,
            parse_int=_integer,
            parse_float=float,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise JsonRefused("$", f"Byte {error.start} is not UTF-8.", is_json=False) from None
    except json.JSONDecodeError as error:
        reason = f"{error.msg} (line {error.lineno}, column {error.colno})."
        raise JsonRefused("$", reason, is_json=False) from None
    except RecursionError:
        raise JsonRefused("$", f"It is nested more than {MAX_DEPTH} levels deep.", is_json=True) from None
    _check(value, ["$"])
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        # Readers of JSON disagree on which of the two counts, so neither does.
        names = Counter(name for name, _ in pairs)
        twice = json.dumps(names.most_common(1)[0][0][:80])
        raise JsonRefused("$", f"The key {twice} occurs more than once in one object.", is_json=True)
    return value


def _integer(digits: str) -> int | float:
    # Too many digits take long to convert: they become infinity, which `_check` refuses with its place.
    return int(digits) if len(digits.lstrip("-")) <= MAX_DIGITS else math.inf


def _check(value: Any, path: list[str]) -> None:
    if isinstance(value, str):
        if not value.isascii() or "\0" in value:
            _check_text(value, path)
    elif isinstance(value, dict):
        _check_object(value, path)
    elif isinstance(value, list):
        _check_depth(path)
        for index, part in enumerate(value):
            path.append(f"[{index}]")
            _check(part, path)
            path.pop()
    elif isinstance(value, float) and not math.isfinite(value):
        _refuse(path, "Numbers must be finite, and integers must fit into 64 bits.")
    elif type(value) is int and not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
        _refuse(path, "Integers must fit into 64 bits.")


def _check_object(value: dict[str, Any], path: list[str]) -> None:
    _check_depth(path)
    if len(value) > MAX_KEYS:
        _refuse(path, f"An object may have {MAX_KEYS} keys; this one has {len(value)}.")
    for key, part in value.items():
        path.append(_step(key))
        _check_text(key, path)
        _check(part, path)
        path.pop()


def _check_text(text: str, path: list[str]) -> None:
    if _UNSTORABLE.search(text):
        _refuse(path, "Texts may not hold the character NUL or half a surrogate pair.")


def _check_depth(path: list[str]) -> None:
    if len(path) > MAX_DEPTH:
        _refuse([*path[:5], "..."], f"It is nested more than {MAX_DEPTH} levels deep.")


def _step(key: str) -> str:
    if re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,79}", key):
        return f".{key}"
    return f"[{json.dumps(key[:80])}]"


def _refuse(path: list[str], reason: str) -> NoReturn:
    raise JsonRefused("".join(path), reason, is_json=True)


class StrictJson(DefaultJSONProvider):
    """The JSON of the whole app: reads as `loads` does, writes UTF-8 in the given order and never NaN."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """`obj` as JSON; ValueError for a number that JSON does not have."""
        kwargs.setdefault("allow_nan", False)
        return super().dumps(obj, **kwargs)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value of a JSON text that is taken; else JsonRefused, a ValueError."""
        return loads(s)


class StrictParser(FlaskParser):
    """Reads arguments of endpoints: strict JSON, and no unknown names in the query either."""

    DEFAULT_UNKNOWN_BY_LOCATION = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
        "querystring": RAISE,
    }

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The JSON body; 415 if it is declared as something else, 413 if too large, 400 or 422 saying where."""
        req.max_content_length = BODY_BYTES
        body = req.get_data(cache=True)
        if not is_json_request(req):
            if body or req.mimetype:
                abort(415)
            return core.missing
        try:
            return loads(body)
        except JsonRefused as refused:
            raise _as_answer(refused) from None


def _as_answer(refused: JsonRefused) -> BadRequest | UnprocessableEntity:
    answer = UnprocessableEntity() if refused.is_json else BadRequest("The body is not JSON.")
    told: dict[str, Any] = {"errors": {"json": {refused.path: [refused.reason]}}}
    # An attribute that the handlers of webargs' errors read; Werkzeug's exceptions do not declare it.
    vars(answer)["data"] = told if refused.is_json else {**told, "code": "invalid_json"}
    return answer
