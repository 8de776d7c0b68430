"""Writes SHA256SUMS, which `sha256sum --check` reads inside web/static/vendor."""

import hashlib
import os
from pathlib import Path

import places

SUMS = "SHA256SUMS"


def write() -> None:
    """Cover every vendored file and font, sorted by path, so that two builds give the same bytes."""
    files = [*_files(places.VENDOR), *_files(places.FONTS)]
    digests = {_relative(file): _digest(file) for file in files if file.name != SUMS}
    lines = [f"{digest}  {path}" for path, digest in sorted(digests.items())]
    (places.VENDOR / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _relative(file: Path) -> str:
    return Path(os.path.relpath(file, places.VENDOR)).as_posix()
