"""The two web servers: waitress inside one process, gunicorn for several."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import waitress
from flask import Flask

from rlflow_core.api import request_metrics
from rlflow_core.config import Settings, SettingsError


class CannotListen(SettingsError):
    """The address of the web server cannot be had; the text says what to change."""


def open_waitress(app: Flask, settings: Settings) -> Any:
    """A listening server of threads in this process; `run()` serves until a signal raises in the main thread."""
    try:
        return waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.web_threads,
            ident=None,
            clear_untrusted_proxy_headers=settings.trusted_proxy_count == 0,
        )
    except OSError as error:
        raise CannotListen(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}). "
            "Choose another port with --port."
        ) from error


def gunicorn_is_installed() -> bool:
    """Whether several web processes are possible."""
    return find_spec("gunicorn") is not None


def serve_gunicorn(make_app: Callable[[], Flask], settings: Settings, workers: int) -> None:
    """Serve with `workers` processes of threads until a signal; each process makes its own app."""
    from gunicorn.app.base import BaseApplication

    end_sharing = request_metrics.share_between_processes()

    class Server(BaseApplication):  # type: ignore[misc]  # the library has no types
        def load_config(self) -> None:
            """Take everything from our settings."""
            options = {
                "bind": f"{settings.host}:{settings.port}",
                "workers": workers,
                "worker_class": "gthread",
                "threads": settings.web_threads,
                "timeout": 60,
                "graceful_timeout": 30,
                "proc_name": "rlflow",
                "control_socket_disable": True,
                "child_exit": lambda _server, worker: request_metrics.forget_process(worker.pid),
                "on_exit": lambda _server: end_sharing(),
            }
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            """The app of one process."""
            return make_app()

    Server().run()
