"""Small files that unpack to enormous ones are refused in seconds, with little memory, and leave nothing."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from import_scene import count
from people import Cast

from rlflow_core.models import TaskImport
from rlflow_core.services import imports
from rlflow_core.services.import_sources.entries import Unreadable
from rlflow_core.services.import_sources.parquet_rows import ParquetRows

MB = 1024 * 1024
SECONDS = 20
MEMORY = 64 * MB


def gzip_bomb() -> bytes:
    """1 GB of one line in 1 MB."""
    return gzip.compress(b"x" * (64 * MB)) * 16


def many_members() -> bytes:
    """Ten thousand small files, one after the other, that make 400 MB."""
    return gzip.compress(b"x" * 40_000) * 10_000


def zstd_bomb() -> bytes:
    """1 GB in some kB."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        for _ in range(1024):
            stream.write(b"x" * MB)
    return bytes(sink.getvalue())


def constant_column() -> bytes:
    """Fifty million rows that all say the same."""
    sink = pa.BufferOutputStream()
    schema = pa.schema([("prompt", pa.dictionary(pa.int8(), pa.string()))])
    codes = pa.array([0] * MB, pa.int8())
    batch = pa.record_batch([pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 1000]))], schema=schema)
    with pq.ParquetWriter(sink, schema) as writer:
        for _ in range(50):
            writer.write_table(pa.Table.from_batches([batch]), row_group_size=MB)
    return bytes(sink.getvalue())


def wide_values() -> bytes:
    """A row group of 210 MB."""
    sink = pa.BufferOutputStream()
    table = pa.table({"prompt": [f"{n}" + "x" * MB for n in range(210)]})
    pq.write_table(table, sink, use_dictionary=False, compression="zstd")
    return bytes(sink.getvalue())


BOMBS: dict[str, Callable[[], bytes]] = {
    "tasks.jsonl.gz": gzip_bomb,
    "many.jsonl.gz": many_members,
    "tasks.jsonl.zst": zstd_bomb,
    "rows.parquet": constant_column,
    "wide.parquet": wide_values,
}


@pytest.fixture(scope="module", params=BOMBS)
def bomb(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    """The name of a file and its bytes."""
    return request.param, BOMBS[request.param]()


def test_a_bomb_is_refused_in_seconds_with_little_memory(sqlite_cast: Cast, bomb: tuple[str, bytes]) -> None:
    name, data = bomb
    alice = sqlite_cast.as_(sqlite_cast.alice)
    project = alice.post("/api/v1/projects", json={"name": "P", "task_type": "qa"}).json["id"]
    arrow = pa.total_allocated_bytes()
    tracemalloc.start()
    began = time.perf_counter()
    answer = send(alice, project, data, name)
    took = time.perf_counter() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (answer.status_code, answer.json["code"]) == (413, "too_large"), answer.json
    assert took < SECONDS
    assert peak < MEMORY + 2 * len(data)
    assert pa.total_allocated_bytes() - arrow < MEMORY
    with sqlite_cast.app.app_context():
        assert list(imports.folder(sqlite_cast.app.config["RLFLOW"]).iterdir()) == []
        assert count(TaskImport) == 0


def test_one_value_on_every_row_is_read_a_few_rows_at_a_time_and_not_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "same.parquet"
    pq.write_table(pa.table({"prompt": pa.array(["x" * 900_000] * 2_000)}), path)
    assert path.stat().st_size < MB
    source = ParquetRows()
    source.check(path)
    before, most, read = pa.total_allocated_bytes(), 0, 0
    with pytest.raises(Unreadable, match="unpacks to more than 200 MB"):
        for entry in source.entries(path):
            read = entry.number
            most = max(most, pa.total_allocated_bytes() - before)
    assert 200 <= read <= 250
    assert most < MEMORY


def send(client: Any, project: str, data: bytes, name: str) -> Any:
    return client.post("/api/v1/tasks/import", data={"project": project, "file": (io.BytesIO(data), name)})
