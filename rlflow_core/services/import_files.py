"""Files to import, kept under a server-made name until their job has read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rlflow_core.config import Settings
from rlflow_core.models import new_id
from rlflow_core.services.errors import Invalid
from rlflow_core.services.import_sources.kinds import SOURCES, kind_of
from rlflow_core.services.import_sources.unpacking import check_name, copy_unpacked, without_packing
from rlflow_core.services.imports import file_name_for, folder

HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An uploaded file, unpacked: the import it is for, and its kind."""

    import_id: str
    kind: str


@contextmanager
def kept(settings: Settings, file: IO[bytes], file_name: str = "") -> Iterator[KeptFile]:
    """The file for the import that is to be started within the block; if that raises, nothing of the file stays.

    Raises Invalid where the file is empty, damaged or of a kind that is not taken, TooLarge where it unpacks to
    too much.
    """
    import_id = new_id()
    part = folder(settings) / file_name_for(import_id, "part")
    try:
        with part.open("wb") as copy:
            raw = file.read(HEAD_BYTES)
            file.seek(0)
            check_name(file_name, raw)
            copy_unpacked(file, raw, copy)
        kind = _kind(part, without_packing(file_name))
        part.replace(folder(settings) / file_name_for(import_id, kind))
        yield KeptFile(import_id, kind)
    except BaseException:
        discard(settings, import_id)
        raise


def discard(settings: Settings, import_id: str) -> None:
    """Remove the file of an import, if it is there."""
    for path in folder(settings).glob(f"{import_id}.*"):
        path.unlink(missing_ok=True)


def _kind(path: Path, file_name: str) -> str:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise Invalid("The file is empty.", {"file": ["The file is empty. Choose one that has tasks."]})
    kind = kind_of(head, file_name)
    SOURCES[kind].check(path)
    return kind
