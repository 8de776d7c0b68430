"""Compressed uploads, unpacked as far as they are taken and no further."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import pyarrow as pa

from rlflow_core.services.errors import Invalid, TooLarge

MAX_UNPACKED = 200 * 1024 * 1024
BLOCK = 256 * 1024


def _gunzip(file: IO[bytes]) -> Any:
    return gzip.GzipFile(fileobj=file, mode="rb")


def _unzstd(file: IO[bytes]) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")


PACKERS: Mapping[bytes, tuple[str, Callable[[IO[bytes]], Any]]] = {
    b"\x1f\x8b": (".gz", _gunzip),
    b"\x28\xb5\x2f\xfd": (".zst", _unzstd),
}
"""What a packed file begins with, how its name ends, and what unpacks it."""


def copy_unpacked(file: IO[bytes], head: bytes, target: IO[bytes]) -> None:
    """Write what `file` holds, of which `head` is the beginning; TooLarge, or Invalid where it is damaged."""
    unpack = next((unpack for mark, (_, unpack) in PACKERS.items() if head.startswith(mark)), None)
    size = 0
    with _readable():
        source = unpack(file) if unpack else file
        while block := source.read(BLOCK):
            size += len(block)
            if size > MAX_UNPACKED:
                raise TooLarge(f"The file unpacks to more than {MAX_UNPACKED // 1024 // 1024} MB.")
            target.write(block)


def without_packing(file_name: str) -> str:
    """The name that the file inside has."""
    for ending, _ in PACKERS.values():
        file_name = file_name.removesuffix(ending)
    return file_name


def check_name(file_name: str, head: bytes) -> None:
    """Raise Invalid where the name promises a packing that the bytes do not have."""
    for mark, (ending, _) in PACKERS.items():
        if file_name.lower().endswith(ending) and not head.startswith(mark):
            raise Invalid(
                "The file cannot be imported.", {"file": [f"It is named {ending}, but is no such file."]}
            )


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, pa.ArrowException) as error:
        raise _damaged() from error
    except OSError as error:
        # Arrow names broken streams so; a full disk comes with a number.
        if error.errno is not None:
            raise
        raise _damaged() from error


def _damaged() -> Invalid:
    return Invalid(
        "The file cannot be imported.",
        {"file": ["It cannot be unpacked: it is damaged or cut off. Pack it again."]},
    )
