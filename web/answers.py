"""The answers in a posted workspace form, under the names of the project's reward schemas."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from rlflow_core.plugin_host.form_data import changes_rows, read_form
from rlflow_core.services.errors import Invalid
from rlflow_core.services.project_settings import ProjectComponents
from rlflow_core.services.storable import check_storable

LONGEST_WORK_MS = 2**31 - 1
KEY = re.compile(r"[A-Za-z0-9-]{16,64}")
# What marshmallow says unless a component says it better.
PLAIN_WORDS = {
    "Missing data for required field.": "Not answered yet.",
    "Field may not be null.": "Not answered yet.",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What stands in the form: the raw values per reward schema, milliseconds of work, and the key of this attempt.

    `only_changes_form`: a button of the form adds or drops a row, so nothing is submitted.
    """

    response: dict[str, Any]
    active_ms: int | None
    idempotency_key: str
    only_changes_form: bool = False

    @property
    def seconds(self) -> float | None:
        """The time of active work, or None where the browser did not count."""
        return None if self.active_ms is None else self.active_ms / 1000


def read_answers(components: ProjectComponents, form: MultiDict[str, str]) -> Answers:
    """The answers in `form`; what does not fit stays as it was sent, for the reward schemas to refuse."""
    return Answers(
        response={
            schema.name: read_form(schema.bound.component.RESPONSE_SCHEMA, form, schema.name)
            for schema in components.reward_schemas
        },
        active_ms=_milliseconds(form.get("active_ms", "")),
        idempotency_key=_key(form.get("idempotency_key", "")),
        only_changes_form=changes_rows(form),
    )


def check_answers(answers: Answers) -> None:
    """Raise Invalid, as the reward schemas would, where a text cannot be stored."""
    try:
        check_storable(answers.response)
    except Invalid as error:
        raise Invalid("The response does not fit.", {"response": _nested(error.errors)}) from error


def new_key() -> str:
    """An Idempotency-Key for one answer."""
    return secrets.token_hex(16)


def in_plain_words(messages: Any) -> Any:
    """`messages` of any nesting, with what marshmallow says by itself in our words."""
    if isinstance(messages, Mapping):
        return {name: in_plain_words(inner) for name, inner in messages.items()}
    if isinstance(messages, list | tuple):
        return [in_plain_words(inner) for inner in messages]
    return PLAIN_WORDS.get(messages, messages)


def _milliseconds(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    return min(int(text), LONGEST_WORK_MS)


def _key(text: str) -> str:
    return text if KEY.fullmatch(text) else new_key()


def _nested(messages: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, texts in messages.items():
        *parts, last = path.split(".")
        place = nested
        for part in parts:
            place = place.setdefault(part, {})
        place[last] = texts
    return nested
