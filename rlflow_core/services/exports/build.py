"""Builds an export: plan, write batch by batch, read back and check, describe."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from rlflow_core.config import Settings
from rlflow_core.plugin_api import Manifest
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.exports import manifest as manifests
from rlflow_core.services.exports.checking import check_file
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.orders import Order
from rlflow_core.services.exports.rows import Rows, explained
from rlflow_core.services.exports.writing import ExportFolder, sha256_of

SIDECAR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
MAX_NAME = 100
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Built:
    """A finished export whose files wait as parts of `folder`; `names` lists them, the data file last."""

    export_id: str
    manifest: Manifest
    folder: ExportFolder
    names: tuple[str, ...]

    @property
    def stored_manifest(self) -> dict[str, Any]:
        """The manifest with the names of all files, as the export's row keeps it."""
        return {**manifests.as_json(self.manifest), "files": list(self.names)}


def folder_of(settings: Settings, export_id: str) -> Path:
    """Where the files of an export are."""
    return settings.data_dir / "exports" / export_id


class Build:
    """One attempt at building the files of export `export_id`; as a context it removes them when something fails."""

    def __init__(
        self, host: PluginHost, order: Order, export_id: str, component_set: str, attempt: int = 0
    ) -> None:
        self._host = host
        self._order = order
        self._component_set = component_set
        self._export_id = export_id
        self._row_count = 0
        self._rows: Rows | None = None
        self.folder = ExportFolder(folder_of(host.settings, export_id), attempt)
        self.file_name = f"rlflow-{export_id}{order.container.suffix}"

    def __enter__(self) -> Build:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is not None:
            self.folder.discard()

    @property
    def done(self) -> int:
        """The items read so far."""
        return self._rows.dataset.items_read if self._rows else 0

    @property
    def total(self) -> int | None:
        """The items to be read, once they are counted."""
        return self._rows.dataset.info.items if self._rows else None

    def write(self, session: Session) -> Iterator[int]:
        """Write the data file from the snapshot of `session`; yields the number of rows after every batch.

        ExportFailed where it cannot be done.
        """
        with _disk_space():
            self.folder.start()
            self._rows = Rows(self._host, self._order, session)
            with self.folder.writing(self.file_name) as file:
                writer = self._order.container.writer(file, self._rows.schema)
                for batch in self._rows.batches():
                    writer.write(batch)
                    file.flush()
                    self._row_count += batch.num_rows
                    yield self._row_count
                writer.close()

    def finish(self) -> Built:
        """Check what was written and add what belongs beside it; ExportFailed lists the problems."""
        rows = self._rows
        assert rows is not None, "write() comes first"
        path = self.folder.part(self.file_name)
        with _disk_space(), explained(rows.dataset):
            check_file(self._host.guard, self._order, path, rows.schema, rows.dataset.info, self._row_count)
            made = manifests.make_manifest(
                self._order,
                rows.dataset.info,
                rows.schema,
                export_id=self._export_id,
                component_set=self._component_set,
                file_name=self.file_name,
                rows=self._row_count,
                dropped=rows.dataset.drops.by_reason(),
                sha256=sha256_of(path),
                size=path.stat().st_size,
            )
            sidecars = self._host.guard.call(self._order.exporter, "SIDECARS", made)
            self._check_names(sidecars)
            files = {**sidecars, manifests.FILE_NAME: manifests.as_bytes(made)}
            for name, data in files.items():
                self.folder.write(name, data)
        return Built(self._export_id, made, self.folder, (*files, self.file_name))

    def _check_names(self, sidecars: Mapping[str, bytes]) -> None:
        for name, data in sidecars.items():
            is_taken = name in (self.file_name, manifests.FILE_NAME)
            if is_taken or len(name) > MAX_NAME or not SIDECAR.fullmatch(name) or not isinstance(data, bytes):
                raise ExportFailed(
                    f"The layout {self._order.layout} may not put a file {name[:MAX_NAME]!r} beside the data."
                )


@contextmanager
def _disk_space() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise ExportFailed(
            "There is no space left where exports are stored. Free some, then export again."
        ) from error
