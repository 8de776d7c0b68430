"""Entries of imported files: lines, elements or rows, each a value, nothing, or the reason why it is refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from rlflow_core.services.storable import flaw_in

MAX_ENTRY = 10 * 1024 * 1024
BATCH_ENTRIES = 200
BATCH_BYTES = 8 * 1024 * 1024
BOM = b"\xef\xbb\xbf"

_KEY_ENDS = re.compile(rb'"[ \t\r\n]*:')
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_NO_NUMBER = re.compile(rb"NaN|Infinity")


class LineRefused(ValueError):
    """An entry is not taken: `field` says where, if it is known, and `reason` why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class Unreadable(Exception):
    """Nothing after this point of the file can be read; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the file, numbered from 1; without value and refusal it is blank."""

    number: int
    value: Mapping[str, Any] | None = None
    refused: LineRefused | None = None
    size: int = 0


class Source(Protocol):
    """One kind of file."""

    @property
    def is_flat(self) -> bool:
        """Whether its values are cells by the names of columns."""

    def check(self, path: Path) -> None:
        """Raise Invalid or TooLarge where a look at the beginning or the footer shows that it cannot be imported."""

    def count(self, path: Path) -> int:
        """How many entries the file has, as far as it can be read."""

    def entries(self, path: Path) -> Iterator[Entry]:
        """The entries one after the other; Unreadable where the rest is lost."""


def batches(entries: Iterable[Entry], skip: int = 0) -> Iterator[list[Entry]]:
    """The entries after the first `skip`, some hundred at a time, and never many bytes at once."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if entry.number <= skip:
            continue
        batch.append(entry)
        size += entry.size
        if len(batch) == BATCH_ENTRIES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def entry_of(number: int, text: bytes) -> Entry:
    """The entry whose JSON is `text`, refused where that is no object or cannot be stored."""
    if not text.strip():
        return Entry(number)
    try:
        return Entry(number, parse(text), size=len(text))
    except LineRefused as refused:
        return Entry(number, refused=refused)


def too_long(number: int) -> Entry:
    """The refusal of an entry that nobody reads to its end."""
    return Entry(number, refused=LineRefused("", f"The line is longer than {MAX_ENTRY // 1024 // 1024} MB."))


def parse(text: bytes) -> dict[str, Any]:
    """The object in `text`; raises LineRefused for everything that is none or cannot be stored."""
    try:
        value = orjson.loads(text.rstrip(b"\r\n"))
        if _LONG_NUMBER.search(text):
            # The fast reader rounds integers beyond 64 bits to fractions without a word.
            value = json.loads(text)
    except orjson.JSONDecodeError as error:
        raise LineRefused("", _why_not_json(text, error)) from None
    if not isinstance(value, dict):
        raise LineRefused("", 'Must be an object, such as {"prompt": "..."}.')
    check(value)
    _check_keys(text, value)
    return value


def _check_keys(text: bytes, value: dict[str, Any]) -> None:
    # The fast reader keeps the last of two equal keys. Texts may hold `":` too, so a difference is only a suspicion.
    if len(_KEY_ENDS.findall(text)) > _number_of_keys(value):
        json.loads(text, object_pairs_hook=_refuse_equal_keys)


def _number_of_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_number_of_keys, value.values()))
    return sum(map(_number_of_keys, value)) if isinstance(value, list) else 0


def _refuse_equal_keys(pairs: list[tuple[str, Any]]) -> None:
    names = Counter(name for name, _ in pairs)
    if len(names) < len(pairs):
        raise LineRefused(names.most_common(1)[0][0][:200], "The key occurs more than once in one object.")


def check(value: Any) -> None:
    """Raise LineRefused that names the first place which cannot be stored."""
    flaw = flaw_in(value)
    if flaw is not None:
        raise LineRefused(*flaw)


def _why_not_json(text: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        text.decode()
    except UnicodeDecodeError as cause:
        return f"Not UTF-8: byte {cause.start + 1} of the line cannot be read. Save the file as UTF-8."
    if no_number := _NO_NUMBER.match(text, len(text.decode()[: error.pos].encode())):
        name, column = no_number[0].decode(), error.pos + 1
        return (
            f"Not JSON: {name} (column {column}) is no value of JSON. Write null where a number is missing."
        )
    return f"Not JSON: {error.msg} (column {error.pos + 1})."
