"""Celery as RLFlow uses it: messages say "go and look at this job row", so that losing them costs time only."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from celery import Celery
from flask import Flask
from kombu.connection import Connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.jobs.registry import QUEUES, load
from rlflow_core.jobs.run import run_for_web
from rlflow_core.jobs.sweep import sweep
from rlflow_core.services.job_delivery import STALE_SECONDS, JobSender, sweep_seen_within

MEMORY = "memory://localhost"
SECONDS_TO_SEND = 0.1
SWEEP_SECONDS = 5.0
EMBEDDED_SWEEP_SECONDS = 2.0


def init_app(app: Flask) -> None:
    """Give `app` its Celery app (`app.extensions["celery"]`) and the sender of job ids."""
    settings: Settings = app.config["RLFLOW"]
    load()
    celery = _Celery("rlflow", set_as_current=False, fixups=[])
    celery.conf.update(_configuration(settings))
    _register_tasks(celery, app)
    sender = JobSender(celery)
    sender.has_workers = bool(settings.redis_url)
    app.extensions["celery"] = celery
    app.extensions["job_sender"] = sender
    checks = app.extensions.setdefault("health_checks", {})
    checks["broker"] = partial(_broker_fault, celery)
    checks["jobs"] = partial(_worker_fault, sender)


def _broker_fault(celery: Celery) -> str | None:
    try:
        with celery.connection_for_write() as connection:
            connection.default_channel.close()
    except (KombuError, RedisError, OSError) as error:
        return (
            f"Redis does not take messages ({type(error).__name__}). Work goes on; jobs start some seconds later. "
            "See that it runs, and that RLFLOW_REDIS_URL leads to it."
        )
    return None


def _worker_fault(sender: JobSender) -> str | None:
    try:
        if not sender.has_workers or sweep_seen_within(db.read, STALE_SECONDS):
            return None
    except SQLAlchemyError:
        return "The database does not say when a worker was last seen."
    return "No worker has looked for work lately. See that `rlflow worker` and `rlflow beat` run and reach Redis."


class _Celery(Celery):  # type: ignore[misc]  # the library has no types
    def connection_for_write(self, url: str | None = None, **options: Any) -> Connection:
        """A connection that gives up soon: whoever sends serves a person, and the sweep sends what was not sent."""
        transport_options = {
            **(options.pop("transport_options", None) or {}),
            "socket_timeout": SECONDS_TO_SEND,
            "socket_connect_timeout": SECONDS_TO_SEND,
            "max_retries": 0,
        }
        connection: Connection = super().connection_for_write(
            url, transport_options=transport_options, **options
        )
        return connection


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "broker_url": settings.redis_url or MEMORY,
        "broker_transport_options": _transport_options(settings),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": settings.web_threads + settings.worker_threads + 2,
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_default_queue": QUEUES[0],
        "task_queues": {name: {"exchange": name, "routing_key": name} for name in QUEUES},
        "task_create_missing_queues": False,
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "beat_schedule": {"sweep": _sweep_schedule(settings)},
        "timezone": "UTC",
    }


def _transport_options(settings: Settings) -> dict[str, Any]:
    if not settings.redis_url:
        return {"polling_interval": 0.01}
    return {
        "global_keyprefix": settings.redis_prefix,
        # The job row, not this, brings work of dead workers back; a message that comes twice finds it taken.
        "visibility_timeout": 3600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_keepalive": True,
    }


def _sweep_schedule(settings: Settings) -> dict[str, Any]:
    seconds = SWEEP_SECONDS if settings.redis_url else EMBEDDED_SWEEP_SECONDS
    # A sweep that waited behind long jobs is worth nothing once the next one is there.
    return {"task": "rlflow.sweep", "schedule": seconds, "options": {"expires": seconds}}


def _register_tasks(celery: Celery, app: Flask) -> None:
    def run(job_id: str) -> None:
        with app.app_context():
            run_for_web(job_id, worker=app.extensions.get("worker_name"))

    def sweep_once() -> None:
        with app.app_context():
            sweep()

    celery.task(run, name="rlflow.run_job", shared=False)
    celery.task(sweep_once, name="rlflow.sweep", shared=False)
    for chatty in ("celery.app.trace", "celery.beat", "celery.worker.strategy"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
