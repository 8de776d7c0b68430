"""The kinds of file that exports are written in: each writes record batches and reads them back as planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from rlflow_core.plugin_api import BATCH_ROWS
from rlflow_core.plugin_api import Container as ContainerKey
from rlflow_core.services.exports import columns
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.formulas import has_formula, neutralise, restore

ROW_GROUP_ROWS = 10_000
ROW_GROUP_BYTES = 32 * 1024 * 1024
# The largest block that the CSV reader takes at once: no row may be longer.
CSV_BLOCK_BYTES = 64 * 1024 * 1024


class Writer(Protocol):
    """Writes the rows of one file."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows of `batch`."""

    def close(self) -> None:
        """Write what is still due; the file object stays open."""


class Container(Protocol):
    """One kind of file."""

    @property
    def key(self) -> ContainerKey:
        """How it is named in requests."""

    @property
    def suffix(self) -> str:
        """How names of its files end."""

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""

    @property
    def streams(self) -> bool:
        """Whether its bytes may leave before the last row is known."""

    def problems(self, schema: pa.Schema) -> list[str]:
        """What of the columns this kind of file cannot hold, in sentences."""

    def writer(self, file: BinaryIO, schema: pa.Schema) -> Writer:
        """A writer of rows of `schema` to `file`."""

    def read(self, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a written file; ExportFailed where they are not of `schema`."""


class Jsonl:
    """One JSON object a line in UTF-8; every line has every column, null where it has no value."""

    key: ContainerKey = "jsonl"
    suffix = ".jsonl"
    media_type = "application/x-ndjson"
    streams = True

    def problems(self, schema: pa.Schema) -> list[str]:
        """Columns whose values JSON does not have."""
        return [
            f"Column {field.name} is {field.type}, which JSON does not have."
            for field in schema
            if not columns.fits_json(field.type)
        ]

    def writer(self, file: BinaryIO, schema: pa.Schema) -> Writer:
        """A writer of lines."""
        return _JsonlWriter(file)

    def read(self, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The lines in batches of BATCH_ROWS."""
        names = schema.names
        as_text = columns.times_as_text(schema)
        with path.open("rb") as file:
            first = 1
            while lines := list(islice(file, BATCH_ROWS)):
                rows = [orjson.loads(line) for line in lines]
                for place, row in enumerate(rows):
                    if list(row) != names:
                        raise ExportFailed(f"Line {first + place} has other columns than planned.")
                first += len(rows)
                batch = pa.RecordBatch.from_pylist(rows, schema=as_text)
                yield batch if as_text.equals(schema) else batch.cast(schema)


class _JsonlWriter:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.write(b"".join(map(_line, batch.to_pylist())))

    def close(self) -> None:
        pass


def _line(row: Mapping[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


class Parquet:
    """Parquet with row groups of about 10,000 rows, fewer where texts are long."""

    key: ContainerKey = "parquet"
    suffix = ".parquet"
    media_type = "application/vnd.apache.parquet"
    streams = False

    def problems(self, schema: pa.Schema) -> list[str]:
        """Nothing: every column fits."""
        return []

    def writer(self, file: BinaryIO, schema: pa.Schema) -> Writer:
        """A writer of row groups."""
        return _ParquetWriter(file, schema)

    def read(self, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows in batches of BATCH_ROWS."""
        with pq.ParquetFile(path) as file:
            if not file.schema_arrow.equals(schema):
                raise ExportFailed("The file has other columns than planned.")
            yield from file.iter_batches(BATCH_ROWS)


class _ParquetWriter:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(file, schema)
        self._waiting: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        rows = sum(waiting.num_rows for waiting in self._waiting)
        if rows >= ROW_GROUP_ROWS or sum(waiting.nbytes for waiting in self._waiting) >= ROW_GROUP_BYTES:
            self._write_waiting()

    def close(self) -> None:
        self._write_waiting()
        self._writer.close()

    def _write_waiting(self) -> None:
        table = pa.Table.from_batches(self._waiting, schema=self._schema)
        self._waiting = []
        if table.num_rows:
            self._writer.write_table(table, row_group_size=ROW_GROUP_ROWS)


class Csv:
    """CSV in UTF-8 with a header and every value in quotes; an empty field without quotes is null.

    Spreadsheets run what looks like a formula: text that does gets a ' in front, here and in no other container.
    """

    key: ContainerKey = "csv"
    suffix = ".csv"
    media_type = "text/csv"
    streams = False

    def problems(self, schema: pa.Schema) -> list[str]:
        """Columns that are no single value, and names that a spreadsheet would run."""
        names = zip(schema.names, has_formula(pa.array(schema.names, pa.string())).to_pylist(), strict=True)
        found = [f"The name of column {name} looks like a formula." for name, is_one in names if is_one]
        return found + [
            f"CSV cannot hold column {field.name}, which is {field.type}. Choose jsonl or parquet."
            for field in schema
            if not columns.fits_text(field.type)
        ]

    def writer(self, file: BinaryIO, schema: pa.Schema) -> Writer:
        """A writer of lines."""
        return _CsvWriter(file, schema)

    def read(self, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows in blocks, with formulas as they were."""
        with pa.csv.open_csv(
            path,
            read_options=pa.csv.ReadOptions(block_size=max(1, min(path.stat().st_size, CSV_BLOCK_BYTES))),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pa.csv.ConvertOptions(
                column_types=schema,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
            ),
        ) as reader:
            if not reader.schema.equals(schema):
                raise ExportFailed("The file has other columns than planned.")
            yield from (columns.with_texts(batch, restore) for batch in reader)


class _CsvWriter:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        options = pa.csv.WriteOptions(quoting_style="all_valid")
        self._writer = pa.csv.CSVWriter(file, schema, write_options=options)

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(columns.with_texts(batch, neutralise))

    def close(self) -> None:
        self._writer.close()


CONTAINERS: Mapping[str, Container] = {container.key: container for container in (Jsonl(), Parquet(), Csv())}
