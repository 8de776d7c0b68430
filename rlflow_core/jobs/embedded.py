"""A worker and its beat inside the web process, for instances of one process."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.worker import WorkController
from flask import Flask

from rlflow_core.config import Settings, SettingsError
from rlflow_core.extensions import db
from rlflow_core.jobs.run import is_idle, release_running
from rlflow_core.services import job_delivery

LOCK_FILE = "rlflow-up.lock"
SECONDS_TO_STOP = 8.0

log = logging.getLogger(__name__)


class FolderInUse(SettingsError):
    """Another process serves the data folder; the text says which and what to do."""


@contextmanager
def only_process_of(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process: messages in memory reach one process only."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise FolderInUse(
                f"`rlflow up` runs already with the data folder {folder} (process {file.read() or 'unknown'}). "
                "Stop it, set RLFLOW_DATA_DIR to another folder, or set RLFLOW_REDIS_URL to run several processes."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


class EmbeddedWorker:
    """The worker threads and the beat thread of one process."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.config["RLFLOW"]
        celery: Celery = app.extensions["celery"]
        self._app = app
        self._name = f"{socket.gethostname()}:{settings.data_dir}"[:200]
        self._in_memory = not settings.redis_url
        # Celery's pool threads look their tasks up in the default app of the process.
        celery.set_default()
        self._worker = WorkController(
            app=celery,
            pool_cls="threads",
            concurrency=settings.worker_threads,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        self._beat = EmbeddedService(celery, thread=True, scheduler_cls=Scheduler)
        self._thread = threading.Thread(target=self._worker.start, name="job worker", daemon=True)

    def start(self) -> None:
        """Take up the work, first of all what an earlier process with this data folder left behind."""
        if self._in_memory:
            self._app.extensions["worker_name"] = self._name
            with self._app.app_context():
                db.transact(job_delivery.forget_messages, self._name)
        self._thread.start()
        self._beat.start()
        self._app.extensions["job_sender"].has_workers = True

    def stop(self) -> bool:
        """Whether all threads ended in time; a job that did not listen is repeated at the next start."""
        deadline = time.monotonic() + SECONDS_TO_STOP
        self._app.extensions["job_sender"].has_workers = not self._in_memory
        release_running()
        threads = [
            threading.Thread(target=self._beat.stop, daemon=True),
            threading.Thread(target=self._worker.stop, daemon=True),
        ]
        for thread in threads:
            thread.start()
        for thread in [*threads, self._thread]:
            thread.join(max(0.0, deadline - time.monotonic()))
        return is_idle() and not self._thread.is_alive()
