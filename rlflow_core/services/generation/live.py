"""A generation for a person who waits: server-sent events as things happen, while every answer is stored."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from rlflow_core.extensions import db
from rlflow_core.models import new_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services import task_lists
from rlflow_core.services.errors import ServiceError
from rlflow_core.services.generation.orders import Order
from rlflow_core.services.generation.samples import Sample
from rlflow_core.services.generation.storing import Asked
from rlflow_core.services.generation.work import Begun, Generation, Grown, Missing, Step, Stored, Waiting

MEDIA_TYPE = "text/event-stream"
# A comment this often shows that the connection stands, and finds out when it does not.
SIGN_OF_LIFE_SECONDS = 1.0
SIGN_OF_LIFE = b": waiting\n\n"

log = logging.getLogger(__name__)


class LiveGeneration:
    """One generation for a person who waits; it ends when they leave, and keeps what was whole by then."""

    def __init__(self, host: PluginHost, viewer: Viewer, order: Order) -> None:
        self.id = new_id()
        self._viewer = viewer
        self._work = Generation(host, host.settings, Asked(self.id, viewer, order), stream=True)

    def stream(self, app: Flask) -> Iterator[bytes]:
        """The events `start`, `sample`, `delta`, `retry`, `output`, `error` and `done`, each with JSON as its data."""
        yield _event("start", self._start())
        refused = None
        try:
            yield from self._told(app)
        finally:
            # Also when the person has left: what is stored by now is to be judged.
            with app.app_context():
                try:
                    self._work.finish()
                except ServiceError as error:
                    refused = error
        if refused is not None:
            yield _event("error", _as_error(refused))
        yield _event("done", self._work.result(self._work.stored))

    def _told(self, app: Flask) -> Iterator[bytes]:
        steps = self._work.steps()
        try:
            while True:
                # Each step in a context of its own: one that spans a yield would be nobody's.
                with app.app_context():
                    step = next(steps, None)
                    told = None if step is None else self._as_event(step)
                if step is None or told is None:
                    return
                yield told
                if isinstance(step, Waiting):
                    yield from _signs_of_life(step.seconds)
        except ServiceError as error:
            yield _event("error", _as_error(error))
        except SQLAlchemyError:
            log.exception("a generation lost the database")
            message = "The database does not answer. What was shown as stored stays; ask again for the rest."
            yield _event("error", {"code": "database_unavailable", "message": message, "retryable": True})
        finally:
            with app.app_context():
                steps.close()

    def _start(self) -> dict[str, Any]:
        order = self._work.asked.order
        return {
            "generation": self.id,
            "provider": order.provider.registered.key,
            "parameters": dict(order.parameters),
            "samples": [_named(sample) | {"seed": sample.seed} for sample in order.samples],
        }

    def _as_event(self, step: Step) -> bytes:
        named = _named(step.sample)
        if isinstance(step, Grown):
            return _event("delta", {**named, "text": step.text})
        if isinstance(step, Waiting):
            return _event("retry", {**named, "seconds": round(step.seconds, 3), "message": step.reason})
        if isinstance(step, Stored):
            with db.reading() as session:
                output = task_lists.output(session, self._viewer, self._work.asked.order.task_id, step.output)
            return _event("output", {**named, "output": output})
        if isinstance(step, Missing):
            return _event("error", step.as_json())
        assert isinstance(step, Begun)
        return _event("sample", named)


def _named(sample: Sample) -> dict[str, Any]:
    return {"model": sample.model, "sample": sample.number}


def _signs_of_life(seconds: float) -> Iterator[bytes]:
    waiting = threading.Event()
    while seconds > 0:
        waiting.wait(min(seconds, SIGN_OF_LIFE_SECONDS))
        seconds -= SIGN_OF_LIFE_SECONDS
        yield SIGN_OF_LIFE


def _as_error(error: ServiceError) -> dict[str, Any]:
    reasons = (text for texts in error.errors.values() if isinstance(texts, list) for text in texts)
    message = " ".join([error.message, *map(str, reasons)])
    return {"code": error.code, "message": message, "retryable": False}


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
