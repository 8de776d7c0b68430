"""Keeps computed metrics: in this process, and in Redis where there is one, so that a number is computed once.

Keys stand for the state of what was computed, so nothing kept is ever out of date; old entries only take room.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
from cattrs.preconf.orjson import make_converter
from flask import current_app

from rlflow_core.config import Settings

T = TypeVar("T")
R = TypeVar("R")

KEPT_HERE = 64
KEPT_SECONDS = 2 * 3600
ANSWER_WITHIN = 0.25
CIRCUIT_SECONDS = 10.0
COMPUTED_WITHIN = 30
WAIT_AT_MOST = 10.0
LOOK_EVERY = 0.05

_converter = make_converter()
log = logging.getLogger(__name__)


class MetricsCache:
    """`get(key, kind, compute)`: what was computed under `key`, by this process or another, else computed now."""

    def __init__(self, redis_url: str = "", prefix: str = "") -> None:
        self._redis = _connect(redis_url) if redis_url else None
        self._prefix = f"{prefix}metrics:"
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._computing: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._closed_until = 0.0

    def get(self, key: str, kind: type[T], compute: Callable[[], T]) -> T:
        """The value; of many who ask at once, one computes and the others wait for it."""
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(T, self._kept[key])
            computing = self._computing.setdefault(key, threading.Lock())
        with computing:
            with self._guard:
                if key in self._kept:
                    return cast(T, self._kept[key])
            try:
                value = self._from_elsewhere(key, kind, compute)
                self._keep(key, value)
            finally:
                with self._guard:
                    self._computing.pop(key, None)
        return value

    def _keep(self, key: str, value: Any) -> None:
        with self._guard:
            self._kept[key] = value
            while len(self._kept) > KEPT_HERE:
                self._kept.popitem(last=False)

    def _from_elsewhere(self, key: str, kind: type[T], compute: Callable[[], T]) -> T:
        name, lock = f"{self._prefix}{key}", f"{self._prefix}{key}:computing"
        found = self._look(name, kind)
        if found is None and self._is_computed_elsewhere(lock):
            found = self._wait(name, lock, kind)
        if found is not None:
            return found
        try:
            value = compute()
            self._ask(lambda server: server.set(name, _converter.dumps(value), ex=KEPT_SECONDS))
            return value
        finally:
            self._ask(lambda server: server.delete(lock))

    def _is_computed_elsewhere(self, lock: str) -> bool:
        """Whether another process has begun; else it is known now that this one has."""
        taken = self._ask(lambda server: bool(server.set(lock, "1", nx=True, ex=COMPUTED_WITHIN)))
        return taken is False

    def _wait(self, name: str, lock: str, kind: type[T]) -> T | None:
        until = time.monotonic() + WAIT_AT_MOST
        while time.monotonic() < until:
            time.sleep(LOOK_EVERY)
            found = self._look(name, kind)
            if found is not None or not self._ask(lambda server: server.exists(lock)):
                return found
        return None

    def _look(self, name: str, kind: type[T]) -> T | None:
        stored = self._ask(lambda server: server.get(name))
        if not isinstance(stored, bytes):
            return None
        try:
            return _converter.loads(stored, kind)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("What Redis keeps as %s is not readable (%s); it is computed again.", name, error)
            return None

    def _ask(self, question: Callable[[Any], R]) -> R | None:
        """What Redis answers; None without it, and for ten seconds after it failed, so that nobody waits for it."""
        if self._redis is None or time.monotonic() < self._closed_until:
            return None
        try:
            return question(self._redis)
        except redis.RedisError as error:
            log.warning("Redis keeps no metrics now (%s); they are computed here.", error)
            self._closed_until = time.monotonic() + CIRCUIT_SECONDS
            return None


def metrics_cache() -> MetricsCache:
    """The cache of the current app."""
    settings: Settings = current_app.config["RLFLOW"]
    made = current_app.extensions.get("metrics_cache")
    if made is None:
        made = MetricsCache(settings.redis_url, settings.redis_prefix)
    cache: MetricsCache = current_app.extensions.setdefault("metrics_cache", made)
    return cache


def _connect(url: str) -> Any:
    address = url.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(
        address, socket_timeout=ANSWER_WITHIN, socket_connect_timeout=ANSWER_WITHIN, retry=None
    )
