"""Counts and durations of requests, by route, right also where several processes serve them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from flask import Flask, request
from prometheus_client import CollectorRegistry, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics

from rlflow_core.config import share_metrics_in, shared_metrics_folder

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


def init_app(app: Flask) -> None:
    """Count every request of `app` under its route, never its path; call it before whatever may refuse requests."""
    app.before_request(_leave_out_made_up_methods)
    registry = CollectorRegistry()
    PrometheusMetrics(app, path=None, group_by="url_rule", registry=registry)
    app.extensions["request_metrics"] = registry


def requests_seen(app: Flask) -> Collector:
    """What all web processes of this machine have counted."""
    if shared_metrics_folder():
        return MultiProcessCollector(None)  # type: ignore[no-untyped-call]  # the library has no types
    return _Of(app.extensions["request_metrics"])


class _Of(Collector):
    """The metrics of a registry, for another one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        return self._registry.collect()


def share_between_processes() -> Callable[[], None]:
    """Let the processes forked from here on count together, in a new and empty folder; call the result at the end."""
    folder = Path(tempfile.mkdtemp(prefix="rlflow-metrics-"))
    share_metrics_in(folder)
    # The library decides when it is imported, which has happened: plugins and settings were needed first.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # the library has no types
    return lambda: shutil.rmtree(folder, ignore_errors=True)


def forget_process(pid: int) -> None:
    """A web process has ended: what it counted stays counted, what it measured of itself goes."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library has no types


def _leave_out_made_up_methods() -> None:
    # Whoever asks with a method of their own making would make a series of their own.
    if request.method not in METHODS:
        request.prom_do_not_track = True  # type: ignore[attr-defined]  # what the exporter looks for
