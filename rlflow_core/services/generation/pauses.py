"""When a provider may be asked: one that wants to be left alone is left alone by all jobs and processes."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from typing import cast

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from rlflow_core.config import Settings

REDIS_SECONDS = 0.5
# Without Redis for a moment, it is not asked again for as long: nobody should wait for it with every request.
CIRCUIT_SECONDS = 10.0
WINDOW = 60

log = logging.getLogger(__name__)


class ProviderPauses:
    """Pauses and counts of requests per provider: in Redis where there is one, and always in this process."""

    def __init__(self, settings: Settings) -> None:
        self._prefix = f"{settings.redis_prefix}provider:"
        self._rate = settings.generation_rate
        self._redis = _client(settings.redis_url)
        self._redis_closed_until = 0.0
        self._until: dict[str, float] = {}
        self._counts: dict[tuple[str, int], int] = defaultdict(int)
        self._lock = threading.Lock()

    def ask_for(self, provider: str, seconds: float) -> None:
        """Leave `provider` alone for `seconds`, or for as long as somebody else was told."""
        with self._lock:
            self._until[provider] = max(self._until.get(provider, 0.0), time.monotonic() + seconds)
        self._share_pause(provider, max(1, int(seconds * 1000)))

    def seconds_to_wait(self, provider: str) -> float:
        """How long nobody may ask `provider`; 0 gives a turn, which counts."""
        with self._lock:
            own = self._until.get(provider, 0.0) - time.monotonic()
        wait = max(own, self._shared_pause(provider))
        if wait > 0 or not self._rate:
            return max(0.0, wait)
        now = time.time()
        if self._count(provider, int(now // WINDOW)) <= self._rate:
            return 0.0
        return WINDOW - now % WINDOW

    def _share_pause(self, provider: str, milliseconds: int) -> None:
        if self._is_closed:
            return
        key = f"{self._prefix}pause:{provider}"
        try:
            if self._pttl(key) < milliseconds:
                self._known.set(key, 1, px=milliseconds)
        except RedisError as error:
            self._close(error)

    def _shared_pause(self, provider: str) -> float:
        if self._is_closed:
            return 0.0
        try:
            return max(0, self._pttl(f"{self._prefix}pause:{provider}")) / 1000
        except RedisError as error:
            self._close(error)
            return 0.0

    def _count(self, provider: str, window: int) -> int:
        key = f"{self._prefix}rate:{provider}:{window}"
        if not self._is_closed:
            try:
                count = cast(int, self._known.incr(key))
                self._known.expire(key, 2 * WINDOW)
                return count
            except RedisError as error:
                self._close(error)
        with self._lock:
            for known in [known for known in self._counts if known[1] < window]:
                del self._counts[known]
            self._counts[provider, window] += 1
            return self._counts[provider, window]

    @property
    def _is_closed(self) -> bool:
        return self._redis is None or time.monotonic() < self._redis_closed_until

    @property
    def _known(self) -> Redis:
        assert self._redis is not None
        return self._redis

    def _pttl(self, key: str) -> int:
        return cast(int, self._known.pttl(key))

    def _close(self, error: RedisError) -> None:
        log.warning("Redis does not share the pauses of providers now (%s).", type(error).__name__)
        self._redis_closed_until = time.monotonic() + CIRCUIT_SECONDS


def provider_pauses() -> ProviderPauses:
    """The pauses as the current app knows them."""
    known: ProviderPauses | None = current_app.extensions.get("provider_pauses")
    if known is None:
        settings: Settings = current_app.config["RLFLOW"]
        known = current_app.extensions.setdefault("provider_pauses", ProviderPauses(settings))
    return known


def _client(url: str) -> Redis | None:
    if not url:
        return None
    address = url.replace("redis+socket://", "unix://")
    return Redis.from_url(address, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
