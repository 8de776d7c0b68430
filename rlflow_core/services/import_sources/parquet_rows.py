"""Parquet files: their footer is believed only as far as it can do no harm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rlflow_core.services.errors import Invalid, TooLarge
from rlflow_core.services.import_sources.entries import (
    BATCH_ENTRIES,
    Entry,
    LineRefused,
    Unreadable,
    check,
)
from rlflow_core.services.import_sources.unpacking import MAX_UNPACKED

MAX_ROWS = 1_000_000
MAX_COLUMNS = 1_000
# Bounds what the footer may make the reader allocate, and how deep its schema may nest.
MAX_FOOTER_TEXT = 16 * 1024 * 1024
MAX_FOOTER_LIST = 2_000
BATCH_BYTES = 32 * 1024 * 1024


class ParquetRows:
    """Rows are numbered from 1."""

    is_flat = True

    def check(self, path: Path) -> None:
        """Raise TooLarge where the footer announces more than is taken, Invalid where there is none."""
        with _open(path) as file:
            footer = file.metadata
            if footer.num_columns > MAX_COLUMNS:
                raise _invalid(f"There are {footer.num_columns} columns; a file has at most {MAX_COLUMNS}.")
            if footer.num_rows > MAX_ROWS:
                raise TooLarge(
                    f"The file has {footer.num_rows:,} rows; at most {MAX_ROWS:,} are taken at once."
                )
            if sum(_unpacked(footer)) > MAX_UNPACKED:
                raise TooLarge(f"The file unpacks to more than {MAX_UNPACKED // 1024 // 1024} MB.")

    def count(self, path: Path) -> int:
        """The rows."""
        with _open(path) as file:
            rows: int = file.metadata.num_rows
            return rows

    def entries(self, path: Path) -> Iterator[Entry]:
        """The rows; nulls are left out."""
        number = unpacked = 0
        try:
            with _open(path) as file:
                for batch in file.iter_batches(_rows_at_once(file.metadata), use_threads=False):
                    unpacked += batch.nbytes
                    if unpacked > MAX_UNPACKED:
                        # The footer does not tell how often a value is repeated.
                        size = MAX_UNPACKED // 1024 // 1024
                        raise Unreadable(
                            f"The file unpacks to more than {size} MB; row {number} was the last."
                        )
                    size = batch.nbytes // max(1, batch.num_rows)
                    for row in batch.to_pylist():
                        number += 1
                        yield _entry(number, row, size)
        except (pa.ArrowException, OSError, ValueError) as error:
            if isinstance(error, LineRefused):
                raise
            raise Unreadable(f"The file is damaged behind row {number}: {error}") from error


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(
            path,
            pre_buffer=False,
            thrift_string_size_limit=MAX_FOOTER_TEXT,
            thrift_container_size_limit=MAX_FOOTER_LIST,
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _invalid("It cannot be read as Parquet: it is damaged or cut off.") from error


def _unpacked(footer: pq.FileMetaData) -> list[int]:
    """The bytes of each row group once they are unpacked."""
    return [footer.row_group(n).total_byte_size for n in range(footer.num_row_groups)]


def _rows_at_once(footer: pq.FileMetaData) -> int:
    """So few rows that even the largest value that fits the file, on every row, stays small."""
    largest = max(_unpacked(footer), default=0)
    return max(1, min(BATCH_ENTRIES, BATCH_BYTES // max(1, largest)))


def _entry(number: int, row: dict[str, Any], size: int) -> Entry:
    try:
        cells = {name: _plain(name, value) for name, value in row.items() if value is not None}
        check(cells)
    except LineRefused as refused:
        return Entry(number, refused=refused)
    return Entry(number, cells, size=size) if cells else Entry(number)


def _plain(name: str, value: Any) -> Any:
    """The value as JSON would have it; nothing stands for a null within it."""
    if isinstance(value, dict):
        return {key: _plain(name, part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_plain(name, part) for part in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise LineRefused(name, f"Holds {type(value).__name__}, which is no text, number, list or object.")


def _invalid(reason: str) -> Invalid:
    return Invalid("The file cannot be imported.", {"file": [reason]})
