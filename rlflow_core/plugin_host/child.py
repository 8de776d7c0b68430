"""The child process that runs strangers' components for jobs: `python -m rlflow_core.plugin_host.child FD MEGABYTES`.

It answers one call after the other until its parent closes the connection; what plugins print goes nowhere.
"""

from __future__ import annotations

import collections.abc
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, get_origin

import pyarrow as pa

from rlflow_core.plugin_api import (
    FEEDBACK_COLUMNS,
    OUTPUT_COLUMNS,
    SIGNAL_COLUMNS,
    TASK_COLUMNS,
    Component,
    Dataset,
    DatasetInfo,
    Pair,
    PairPolicy,
    ProviderError,
    Record,
)
from rlflow_core.plugin_host.attempt import attempt
from rlflow_core.plugin_host.problems_text import describe, traceback_of
from rlflow_core.plugin_host.sources import import_class
from rlflow_core.plugin_host.wire import Parcel, argument_types, listed, receive, result_type, send

TABLES = {
    "signals": SIGNAL_COLUMNS,
    "feedback": FEEDBACK_COLUMNS,
    "outputs": OUTPUT_COLUMNS,
    "tasks": TASK_COLUMNS,
}


BATCHES = collections.abc.Iterable[pa.RecordBatch]
# How arguments that are pulled stand in the call.
WIRE_TYPES: dict[Any, Any] = {Dataset: DatasetInfo, BATCHES: None}


@dataclass(frozen=True, slots=True)
class Call:
    """One method call: where the class is, its config, and which method; the arguments follow."""

    module: str
    qualname: str
    path: str | None
    config: dict[str, Any]
    method: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What a call ended with instead of a result; `retryable` is known where a provider refused on purpose."""

    message: str
    traceback: str
    retryable: bool | None = None
    retry_after: float | None = None


class RemoteDataset:
    """The dataset of an exporter, pulled from the parent chunk by chunk."""

    def __init__(self, connection: Connection, info: DatasetInfo) -> None:
        self.info = info
        self._connection = connection
        self._streams = 0

    def records(self) -> Iterator[Record]:
        """Every item of the selection."""
        return self._pull("records", "", list[Record])

    def pairs(self, policy: PairPolicy = "all") -> Iterator[Pair]:
        """Every decided comparison."""
        return self._pull("pairs", policy, list[Pair])

    def table(self, name: Literal["signals", "feedback", "outputs", "tasks"]) -> pa.RecordBatchReader:
        """One of the tables that scorers get."""
        batches = self._pull("table", name, list[pa.RecordBatch])
        return pa.RecordBatchReader.from_batches(TABLES[name], batches)

    def drop(self, reason: str) -> None:
        """Count one record as left out."""
        send(self._connection, "drop", reason)

    def _pull(self, what: str, argument: str, chunk_type: Any) -> Iterator[Any]:
        self._streams += 1
        return _pull(self._connection, str(self._streams), what, argument, chunk_type)


def serve(connection: Connection) -> None:
    """Answer calls until the connection closes."""
    while True:
        try:
            _, head, parts = receive(connection)
            call = Parcel(parts).unpack(head, Call)
            _, head, parts = receive(connection)
        except EOFError:
            return
        outcome = attempt(_run, connection, call, head, parts)
        if outcome.error is not None:
            send(connection, "fault", _fault(outcome.error))


def _fault(error: BaseException) -> Fault:
    if isinstance(error, ProviderError):
        return Fault(_sendable(str(error)), "", error.retryable, error.retry_after)
    return Fault(_sendable(describe(error)), _sendable(traceback_of(error)))


def _sendable(text: str) -> str:
    # What a component says of its fault may quote halves of surrogate pairs, which no JSON holds.
    return text.encode("utf-8", "backslashreplace").decode()


def _run(connection: Connection, call: Call, head: bytes, parts: list[bytes]) -> None:
    cls = import_class(call.module, call.qualname, Path(call.path) if call.path else None)
    component: Component = cls(call.config)
    types = argument_types(cls, call.method)
    wire_types = tuple(WIRE_TYPES.get(annotation, annotation) for annotation in types)
    values = Parcel(parts).unpack(head, tuple[wire_types]) if wire_types else ()  # type: ignore[valid-type]  # made of the contract
    arguments = [
        _argument(connection, place, annotation, value)
        for place, (annotation, value) in enumerate(zip(types, values, strict=True))
    ]
    method: Callable[..., Any] = getattr(component, call.method)
    result = method(*arguments)
    annotation = result_type(cls, call.method)
    if get_origin(annotation) is collections.abc.Iterator:
        for item in result:
            send(connection, "item", item)
        send(connection, "done")
        return
    send(connection, "result", listed(result, annotation))


def _argument(connection: Connection, place: int, annotation: Any, value: Any) -> Any:
    """The argument itself, or what pulls it from the parent where it is a stream."""
    if annotation is Dataset:
        return RemoteDataset(connection, value)
    if annotation == BATCHES:
        return _pull(connection, f"argument {place}", "batches", str(place), list[pa.RecordBatch])
    return value


def _pull(connection: Connection, stream: str, what: str, which: str, chunk_type: Any) -> Iterator[Any]:
    """A stream of the parent, chunk by chunk; an empty chunk is its end."""
    while True:
        send(connection, "pull", [stream, what, which])
        _, head, parts = receive(connection)
        chunk = Parcel(parts).unpack(head, chunk_type)
        if not chunk:
            return
        yield from chunk


def main() -> None:
    """Serve on the file descriptor named first, within the megabytes named second."""
    limit = int(sys.argv[2]) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    connection = Connection(int(sys.argv[1]))
    send(connection, "ready")
    serve(connection)


if __name__ == "__main__":
    main()
