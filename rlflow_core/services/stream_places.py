"""How many answers may take long at once: a quarter of the threads, so that the others stay quick."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask

from rlflow_core.config import Settings
from rlflow_core.services.errors import Unavailable

SHARE = 4
RETRY_SECONDS = 5


def init_app(app: Flask) -> None:
    """Count the places of `app`."""
    settings: Settings = app.config["RLFLOW"]
    app.extensions["stream_places"] = threading.BoundedSemaphore(max(1, settings.web_threads // SHARE))


def take_place(app: Flask) -> Callable[[], None]:
    """What gives the place back, to be called once; Unavailable (503) when all are taken."""
    places: threading.BoundedSemaphore = app.extensions["stream_places"]
    if not places.acquire(blocking=False):
        raise Unavailable(
            "Too many long answers are being sent at this moment. Try again in a few seconds.",
            code="too_many_streams",
            retry_after=RETRY_SECONDS,
        )
    return places.release
