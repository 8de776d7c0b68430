"""Files of JSON lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rlflow_core.services.import_sources import entries
from rlflow_core.services.import_sources.entries import BOM, Entry, entry_of, too_long


class JsonLines:
    """Only line feeds end lines: other ends of lines may stand in texts."""

    is_flat = False

    def check(self, path: Path) -> None:
        """Nothing: lines are judged one by one."""

    def count(self, path: Path) -> int:
        """The lines, whether or not the last one ends."""
        return count_lines(path)

    def entries(self, path: Path) -> Iterator[Entry]:
        """The lines."""
        with path.open("rb") as file:
            number = 0
            while text := file.readline(entries.MAX_ENTRY + 1):
                number += 1
                if len(text) > entries.MAX_ENTRY and not text.endswith(b"\n"):
                    _skip_rest(file)
                    yield too_long(number)
                    continue
                yield entry_of(number, text.removeprefix(BOM) if number == 1 else text)


def count_lines(path: Path) -> int:
    """How many lines a file has, whether or not the last one ends."""
    count, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(1024 * 1024):
            count += block.count(b"\n")
            last = block[-1:]
    return count + (last != b"\n")


def _skip_rest(file: BinaryIO) -> None:
    while rest := file.readline(1024 * 1024):
        if rest.endswith(b"\n"):
            return
