"""The processes of a larger instance: workers that wait at Redis, and the one beat that makes them sweep."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Sequence

from celery import Celery
from celery.beat import Scheduler, Service
from celery.signals import worker_process_init, worker_shutting_down
from flask import Flask

from rlflow_core.config import Settings, SettingsError
from rlflow_core.extensions import db
from rlflow_core.jobs import heartbeat

SECONDS_TO_STOP = 20.0


class NoBroker(SettingsError):
    """Separate processes need Redis; the text says what to do."""


def run_worker(app: Flask, *, concurrency: int, queues: Sequence[str], pool: str) -> int:
    """Work until a signal ends it; the exit code of the worker."""
    _check_broker(app)

    def disconnect(**_: object) -> None:
        # A forked child must not talk through its parent's connections.
        with app.app_context():
            db.forget_connections()

    worker_process_init.connect(disconnect, weak=False)
    worker_shutting_down.connect(_leave_soon, weak=False)
    worker = _celery(app).Worker(
        concurrency=concurrency,
        queues=list(queues),
        pool=pool,
        loglevel=logging.INFO,
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def run_beat(app: Flask) -> None:
    """Have a worker sweep every few seconds until a signal ends it; a second beat does no harm."""
    _check_broker(app)
    Service(_celery(app), scheduler_cls=Scheduler, remote_control=False).start()


def _leave_soon(how: str = "", **_: object) -> None:
    heartbeat.leave()
    if how != "Warm":
        return
    # A job that does not listen would keep the worker for ever; its row goes stale and is taken over.
    last_call = threading.Timer(SECONDS_TO_STOP, os.kill, (os.getpid(), signal.SIGQUIT))
    last_call.daemon = True
    last_call.start()


def _celery(app: Flask) -> Celery:
    return app.extensions["celery"]


def _check_broker(app: Flask) -> None:
    settings: Settings = app.config["RLFLOW"]
    if not settings.redis_url:
        raise NoBroker(
            "RLFLOW_REDIS_URL is not set, and without Redis processes cannot reach one another. "
            "Set it, or run everything in one process with `rlflow up`."
        )
