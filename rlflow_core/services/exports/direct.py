"""Exports made while somebody waits: small ones whole, large ones row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from flask import Flask

from rlflow_core.extensions import db
from rlflow_core.models import new_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.security.origin import acting, origin
from rlflow_core.services.errors import Invalid
from rlflow_core.services.exports import requests
from rlflow_core.services.exports.build import Build
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.finishing import store_failed, store_ready
from rlflow_core.services.exports.orders import MESSAGE, Order
from rlflow_core.services.exports.requests import Export
from rlflow_core.services.exports.snapshot import snapshot

MAX_SPOOLED_VOTES = 10_000


def refusal(failure: ExportFailed) -> Invalid:
    """The failure as an answer to the person who waits."""
    return Invalid(MESSAGE, failure.errors or {"export": list(failure.problems)})


class DirectExport:
    """One export for a person who waits; its row is stored when it ends, so that none is ever left half made."""

    def __init__(self, host: PluginHost, viewer: Viewer, order: Order) -> None:
        self.id = new_id()
        self._host = host
        self._viewer = viewer
        self._order = order
        self._origin = origin()
        self._component_set = host.component_set()
        self._build = Build(host, order, self.id, self._component_set)

    @property
    def file_name(self) -> str:
        """The name of its data file."""
        return self._build.file_name

    def whole(self) -> Export:
        """The export, finished; Invalid names the problems of one that cannot be made."""
        try:
            for _ in self._steps():
                pass
        except ExportFailed as failure:
            raise refusal(failure) from failure
        return requests.get(db.read, self.id)

    def stream(self, app: Flask) -> Iterator[bytes]:
        """The bytes of the data file as they are written; raises when the export fails, before the last of them.

        The first rows are made at once, so that Invalid still comes before any byte.
        """
        steps = self._steps()
        try:
            is_over = next(steps, None) is None
        except ExportFailed as failure:
            raise refusal(failure) from failure
        folder = self._build.folder
        path = folder.path / self.file_name if is_over else folder.part(self.file_name)
        return _tail(app, path.open("rb"), steps)

    def _steps(self) -> Iterator[int]:
        try:
            with self._build as build:
                with snapshot() as session:
                    yield from build.write(session)
                built = build.finish()
                # The last step may run after the request, whose export it still is.
                with acting(self._origin):
                    db.transact(
                        store_ready, self._host, self._order, built, self._viewer.id, self._component_set
                    )
        except ExportFailed as failure:
            db.transact(
                store_failed, self._order, self.id, self._viewer.id, self._component_set, str(failure)
            )
            raise


def _tail(app: Flask, file: BinaryIO, steps: Iterator[int]) -> Iterator[bytes]:
    """What each step adds to `file`; each runs in a context of its own, since one that spans a yield is nobody's."""
    with file:
        is_over = False
        while not is_over:
            yield file.read()
            with app.app_context():
                is_over = next(steps, None) is None
        yield file.read()
