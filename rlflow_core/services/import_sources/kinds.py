"""Which kind of file an upload is: by what it begins with, then by its name."""

from __future__ import annotations

from collections.abc import Mapping

from rlflow_core.services.errors import Invalid
from rlflow_core.services.import_sources.csv_rows import DELIMITERS, CsvRows
from rlflow_core.services.import_sources.entries import BOM, Source
from rlflow_core.services.import_sources.json_array import JsonArray
from rlflow_core.services.import_sources.json_lines import JsonLines
from rlflow_core.services.import_sources.parquet_rows import ParquetRows

SOURCES: Mapping[str, Source] = {
    "jsonl": JsonLines(),
    "json": JsonArray(),
    "csv": CsvRows(),
    "parquet": ParquetRows(),
}
"""The kinds of file; the key ends the name under which one is kept."""

PARQUET = b"PAR1"
OTHER_FORMATS = {
    b"\x1f\x8b": "It is compressed twice. Unpack it once.",
    b"\x28\xb5\x2f\xfd": "It is compressed twice. Unpack it once.",
    b"PK\x03\x04": "It is a zip archive or a spreadsheet. Unpack it, or save the sheet as CSV.",
    b"\xff\xfe": "It is UTF-16. Save it as UTF-8.",
    b"\xfe\xff": "It is UTF-16. Save it as UTF-8.",
}
TABLES = (".csv", ".tsv")
LINES = (".jsonl", ".ndjson", ".json")


def kind_of(head: bytes, file_name: str) -> str:
    """The kind of a file with this beginning; Invalid where it is none that is taken."""
    for mark, reason in OTHER_FORMATS.items():
        if head.startswith(mark):
            raise _invalid(reason)
    if head.startswith(PARQUET):
        return "parquet"
    name = file_name.lower()
    if name.endswith(".parquet"):
        raise _invalid("It is named .parquet, but is no such file.")
    if name.endswith(TABLES):
        return "csv"
    text = head.removeprefix(BOM).lstrip()
    if text.startswith(b"["):
        return "json"
    if text.startswith(b"{") or name.endswith(LINES):
        return "jsonl"
    first = text.split(b"\n", 1)[0]
    return "csv" if any(delimiter.encode() in first for delimiter in DELIMITERS) else "jsonl"


def _invalid(reason: str) -> Invalid:
    return Invalid("The file cannot be imported.", {"file": [reason]})
