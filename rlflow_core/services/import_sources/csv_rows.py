"""CSV files: the first row names the columns, every other one is a task."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from rlflow_core.services.errors import Invalid
from rlflow_core.services.exports.formulas import GUARD, restore
from rlflow_core.services.import_sources import entries
from rlflow_core.services.import_sources.entries import BOM, Entry, LineRefused, Unreadable, check

DELIMITERS = (",", ";", "\t")
MAX_COLUMNS = 1_000
NO_UTF8 = "Not UTF-8: a character cannot be read. Save the file as UTF-8."

# What bytes become that are not UTF-8.
HALF = re.compile("[\udc80-\udcff]")

csv.field_size_limit(entries.MAX_ENTRY)


class CsvRows:
    """Rows are numbered as spreadsheets do: the header is 1, and a row with ends of lines in its cells is one."""

    is_flat = True

    def check(self, path: Path) -> None:
        """Raise Invalid where the header has no names to go by."""
        try:
            header = next(_rows(path), [])
        except (csv.Error, Unreadable) as error:
            raise _invalid(f"The header cannot be read: {error}.") from error
        names = [name.strip() for name in header]
        if len(names) > MAX_COLUMNS:
            raise _invalid(f"There are {len(names)} columns; a file has at most {MAX_COLUMNS}.")
        if not any(names):
            raise _invalid("The first line is empty. It must name the columns.")
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise _invalid(f"Two columns have one name: {', '.join(twice)}.")

    def count(self, path: Path) -> int:
        """The rows, with the header."""
        rows, count = _rows(path), 0
        while True:
            try:
                next(rows)
            except StopIteration:
                return count
            except (csv.Error, Unreadable):
                pass
            count += 1

    def entries(self, path: Path) -> Iterator[Entry]:
        """The header as a blank entry, then the rows; empty cells are left out."""
        rows = _rows(path)
        header = [name.strip() for name in next(rows)]
        yield Entry(1)
        number = 1
        while True:
            number += 1
            try:
                yield _entry(number, header, next(rows))
            except StopIteration:
                return
            except csv.Error as error:
                yield Entry(number, refused=LineRefused("", f"Not CSV: {error}."))


def _rows(path: Path) -> Iterator[list[str]]:
    """The rows; the reader goes on behind one that it cannot read."""
    lines = _lines(path)
    first = next(lines, "")
    return csv.reader(chain([first], lines), delimiter=_delimiter(first), strict=True)


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(entries.MAX_ENTRY + 1):
            number += 1
            if len(line) > entries.MAX_ENTRY:
                size = entries.MAX_ENTRY // 1024 // 1024
                raise Unreadable(f"Line {number} is longer than {size} MB; it and what follows was not read.")
            # What is not UTF-8 becomes half surrogates, by which its row is found and refused.
            yield (line.removeprefix(BOM) if number == 1 else line).decode("utf-8", "surrogateescape")


def _delimiter(header: str) -> str:
    """What stands most often in the header; a comma where nothing does."""
    return max(DELIMITERS, key=header.count)


def _entry(number: int, header: Sequence[str], row: Sequence[str]) -> Entry:
    if not any(row):
        return Entry(number)
    try:
        return Entry(number, _cells(header, row), size=sum(map(len, row)))
    except LineRefused as refused:
        return Entry(number, refused=refused)


def _cells(header: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    if len(row) > len(header):
        raise LineRefused("", f"There are {len(row)} cells, but the header names {len(header)} columns.")
    cells = {}
    for name, cell in zip(header, row, strict=False):
        if not cell:
            continue
        if not name:
            raise LineRefused("", "A cell stands in a column that the header does not name.")
        if not cell.isascii() and HALF.search(cell):
            raise LineRefused(name, NO_UTF8)
        cells[name] = restore(pa.array([cell]))[0].as_py() if cell.startswith(GUARD) else cell
    check(cells)
    return cells


def _invalid(reason: str) -> Invalid:
    return Invalid("The file cannot be imported.", {"file": [reason]})
