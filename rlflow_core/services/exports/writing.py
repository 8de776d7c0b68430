"""The folder of one export: files are written beside their place and appear in it whole, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PART = ".part"


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """`<exports>/<id>`; each attempt writes parts of its own, so that a slow one never touches a later one's."""

    path: Path
    attempt: int = 0

    def start(self) -> None:
        """Make the folder and remove the parts that earlier attempts left."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in self.path.glob(f"*{PART}"):
            part.unlink(missing_ok=True)

    def part(self, name: str) -> Path:
        """Where file `name` is while this attempt writes it."""
        return self.path / f"{name}.{self.attempt}{PART}"

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """The part of file `name`, safe on the disk at the end."""
        with self.part(name).open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())

    def write(self, name: str, data: bytes) -> None:
        """The part of file `name` with `data`."""
        with self.writing(name) as file:
            file.write(data)

    def publish(self, names: Sequence[str]) -> None:
        """Move the parts of these files to their places, in this order; again does no harm.

        FileNotFoundError when a later attempt has removed them.
        """
        for name in names:
            if self.part(name).exists() or not (self.path / name).exists():
                self.part(name).replace(self.path / name)
        for folder in (self.path, self.path.parent):
            _sync(folder)

    def discard(self) -> None:
        """Remove the parts of this attempt."""
        for part in self.path.glob(f"*.{self.attempt}{PART}"):
            part.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
