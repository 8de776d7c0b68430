"""Files that are one JSON array: its elements are found without reading it whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rlflow_core.services.import_sources import entries
from rlflow_core.services.import_sources.entries import BOM, Entry, LineRefused, entry_of, too_long

BLOCK = 256 * 1024
IN_TEXT = re.compile(rb'["\\]')
BETWEEN_TEXTS = re.compile(rb'["\[\]{},]')
CUT_OFF = "The array ends in the middle: the file is cut off, or a bracket is missing."


class JsonArray:
    """Elements are numbered from 1."""

    is_flat = False

    def check(self, path: Path) -> None:
        """Nothing: elements are judged one by one."""

    def count(self, path: Path) -> int:
        """The elements."""
        return sum(1 for _ in _elements(path))

    def entries(self, path: Path) -> Iterator[Entry]:
        """The elements; what stands behind the array, or is missing at its end, is one more that is refused."""
        for number, element in enumerate(_elements(path), start=1):
            if isinstance(element, str):
                yield Entry(number, refused=LineRefused("", element))
            elif element is None:
                yield too_long(number)
            elif element.strip():
                yield entry_of(number, element)
            else:
                yield Entry(number, refused=LineRefused("", "An element is missing between two commas."))


@dataclass(slots=True)
class _Scan:
    """How far an array is read; the bytes of the element at hand, or None once they are too many."""

    depth: int = 0
    in_text: bool = False
    count: int = 0
    skipped: int = 0
    element: bytearray | None = field(default_factory=bytearray)

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in the element at hand."""
        return self.element is not None and not self.element.strip()

    def see(self, mark: bytes) -> bool:
        """Whether an element ends at this mark, or the first one begins."""
        if mark == b'"':
            self.in_text = not self.in_text
        elif mark in b"[{":
            self.depth += 1
            return self.depth == 1
        elif mark in b"]}":
            self.depth -= 1
            return self.depth == 0
        return mark == b"," and self.depth == 1

    def take(self, part: bytes) -> None:
        """Add to the element at hand."""
        if self.element is None:
            return
        self.element += part
        if len(self.element) > entries.MAX_ENTRY:
            self.element = None

    def end(self) -> bytes | None:
        """The element at hand; the next one begins."""
        ended = None if self.element is None else bytes(self.element)
        self.element = bytearray()
        self.count += 1
        return ended


def _elements(path: Path) -> Iterator[bytes | str | None]:
    """The bytes of each element, None for one that is too long, a text where the array itself is broken."""
    scan = _Scan()
    with path.open("rb") as file:
        if file.read(len(BOM)) != BOM:
            file.seek(0)
        while block := file.read(BLOCK):
            yield from _elements_in(scan, block)
    rest = bytes(scan.element or b"")
    if scan.depth:
        yield CUT_OFF
    elif rest.strip():
        yield "Something stands after the end of the array."


def _elements_in(scan: _Scan, block: bytes) -> Iterator[bytes | None]:
    at, start = scan.skipped, 0
    while found := (IN_TEXT if scan.in_text else BETWEEN_TEXTS).search(block, at):
        at = found.end()
        if found[0] == b"\\":
            at += 1
        elif scan.see(found[0]):
            if found[0] not in b"[{":
                scan.take(block[start : at - 1])
                is_nothing = scan.depth == 0 and scan.count == 0 and scan.is_blank
                ended = scan.end()
                if not is_nothing:
                    yield ended
            start = at
    # What a backslash stands before may be the first byte of the next block.
    scan.skipped = max(0, at - len(block))
    scan.take(block[start:])
