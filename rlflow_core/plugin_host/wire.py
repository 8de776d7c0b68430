"""How values of the plugin API travel to a component's child process and back: JSON beside Arrow IPC streams.

What a value is follows from the annotation in the contract, so junk of another shape is refused on arrival.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, get_args, get_origin, get_type_hints

import orjson
import pyarrow as pa
from cattrs import Converter
from cattrs.strategies import configure_union_passthrough

from rlflow_core.plugin_api import Component

MAX_FRAME = 512 * 1024 * 1024
TABLE_MARK = "$table"
SCHEMA_MARK = "$schema"
BATCH_MARK = "$batch"
BYTES_MARK = "$bytes"

# The parts of the parcel that is packed or unpacked right now: one converter, slow to make, serves all parcels.
_parts: ContextVar[list[bytes]] = ContextVar("parts")


class JunkValue(ValueError):
    """A value is not of the shape that the contract names."""


class Parcel:
    """One value on its way: `head` is JSON, `parts` the Arrow streams and byte strings it refers to."""

    def __init__(self, parts: list[bytes] | None = None) -> None:
        self.parts: list[bytes] = parts if parts is not None else []

    def pack(self, value: Any) -> bytes:
        """The JSON of `value`; its tables are put into `parts`."""
        with _working_on(self.parts):
            return orjson.dumps(
                _converter().unstructure(value), option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
            )

    def unpack(self, head: bytes, annotation: Any) -> Any:
        """The value that `head` describes, of the type that `annotation` names; raises JunkValue."""
        try:
            with _working_on(self.parts):
                return _converter().structure(orjson.loads(head), _concrete(annotation))
        except Exception as error:
            raise JunkValue(f"the value is not a {annotation}: {error}") from error


@contextmanager
def _working_on(parts: list[bytes]) -> Iterator[None]:
    token = _parts.set(parts)
    try:
        yield
    finally:
        _parts.reset(token)


def _keep(data: bytes) -> int:
    """Put a byte string among the parts; its place."""
    parts = _parts.get()
    parts.append(data)
    return len(parts) - 1


def _part(place: int) -> bytes:
    return _parts.get()[place]


def send(connection: Connection, kind: str, value: Any = None) -> None:
    """Send one message: its kind and a value of the plugin API."""
    parcel = Parcel()
    head = parcel.pack(value)
    connection.send_bytes(orjson.dumps([kind, len(parcel.parts)]))
    connection.send_bytes(head)
    for part in parcel.parts:
        connection.send_bytes(part)


def receive(connection: Connection) -> tuple[str, bytes, list[bytes]]:
    """One message as it came: its kind, and the head and parts for `Parcel(parts).unpack(head, ...)`."""
    kind, count = orjson.loads(connection.recv_bytes(MAX_FRAME))
    head = connection.recv_bytes(MAX_FRAME)
    return kind, head, [connection.recv_bytes(MAX_FRAME) for _ in range(count)]


def result_type(component: type[Component], method: str) -> Any:
    """What the contract says that `method` returns."""
    return _hints(component, method)["return"]


def argument_types(component: type[Component], method: str) -> list[Any]:
    """The annotations of the arguments of `method`, in order."""
    return [hint for name, hint in _hints(component, method).items() if name != "return"]


_known_hints: dict[tuple[type[Component], str], dict[str, Any]] = {}


def _hints(component: type[Component], method: str) -> dict[str, Any]:
    known = _known_hints.get((component, method))
    if known is None:
        known = _known_hints[component, method] = _hints_of_contract(component, method)
    return known


def _hints_of_contract(component: type[Component], method: str) -> dict[str, Any]:
    # The contract is the method of our base class: what a plugin annotates is its own affair.
    for base in reversed(component.__mro__):
        if base.__module__.startswith("rlflow_core.plugin_api.") and method in vars(base):
            return get_type_hints(vars(base)[method])
    raise AttributeError(f"{component.__name__} has no method {method} in the plugin API")


def _concrete(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin in (collections.abc.Iterable, collections.abc.Sequence, collections.abc.Iterator):
        return list[get_args(annotation)[0]]  # type: ignore[misc]  # made of the contract
    return annotation


@cache
def _converter() -> Converter:
    converter = Converter(prefer_attrib_converters=False, forbid_extra_keys=True)
    configure_union_passthrough(str | int | float | bool | None, converter)
    converter.register_unstructure_hook(datetime, lambda moment: moment.isoformat())
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_unstructure_hook(bytes, lambda data: {BYTES_MARK: _keep(data)})
    converter.register_structure_hook(bytes, lambda mark, _: _part(mark[BYTES_MARK]))
    converter.register_unstructure_hook(pa.Table, lambda table: {TABLE_MARK: _keep(_ipc(table))})
    converter.register_structure_hook(pa.Table, lambda mark, _: _open(_part(mark[TABLE_MARK])).read_all())
    converter.register_unstructure_hook(pa.RecordBatch, lambda batch: {BATCH_MARK: _keep(_ipc(batch))})
    converter.register_structure_hook(
        pa.RecordBatch, lambda mark, _: _open(_part(mark[BATCH_MARK])).read_next_batch()
    )
    converter.register_unstructure_hook(
        pa.Schema, lambda schema: {SCHEMA_MARK: _keep(schema.serialize().to_pybytes())}
    )
    converter.register_structure_hook(
        pa.Schema, lambda mark, _: pa.ipc.read_schema(pa.py_buffer(_part(mark[SCHEMA_MARK])))
    )
    converter.register_structure_hook(str, _exactly(str))
    converter.register_structure_hook(int, _exactly(int))
    converter.register_structure_hook(bool, _exactly(bool))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(type(None), _exactly(type(None)))
    return converter


def _exactly(wanted: type) -> Any:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not wanted:
            raise TypeError(f"{value!r:.80} is not {wanted.__name__}")
        return value

    return structure


def _number(value: Any, _: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"{value!r:.80} is not a number")
    return float(value)


def _ipc(rows: pa.Table | pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write(rows)
    return bytes(sink.getvalue())


def _open(data: bytes) -> pa.RecordBatchReader:
    return pa.ipc.open_stream(pa.py_buffer(data))


def checked(value: Any, annotation: Any) -> Any:
    """`value` rebuilt as the contract's `annotation` says; raises JunkValue where it is something else."""
    parcel = Parcel()
    try:
        head = parcel.pack(listed(value, annotation))
    except TypeError as error:
        raise JunkValue(f"the value is not a {annotation}: {error}") from error
    return parcel.unpack(head, annotation)


def listed(value: Any, annotation: Any) -> Any:
    """`value`, a lazy iterable as a list, so that errors in its body surface where it is consumed."""
    origin = get_origin(annotation)
    if origin in (collections.abc.Iterable, collections.abc.Sequence, collections.abc.Iterator):
        return list(value)
    return value
