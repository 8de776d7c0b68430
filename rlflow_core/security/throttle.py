"""How often somebody may ask: limits per network address and per person, counted by flask-limiter's storage."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, RateLimiter

from rlflow_core.config import Settings
from rlflow_core.extensions import limiter
from rlflow_core.security.roles import View
from rlflow_core.services.errors import TooManyRequests

# While Redis does not answer, this process counts by itself at the same numbers: never open, never an error.
_own_count: RateLimiter = FixedWindowRateLimiter(MemoryStorage())


def init_app(app: Flask) -> None:
    """Count in Redis where there is one, else in this process; not at all where the settings say so."""
    settings: Settings = app.config["RLFLOW"]
    app.config.update(
        RATELIMIT_ENABLED=settings.ratelimit_enabled,
        RATELIMIT_STORAGE_URI=_storage(settings),
        RATELIMIT_STORAGE_OPTIONS=_storage_options(settings),
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=bool(settings.redis_url),
        RATELIMIT_KEY_PREFIX="rlflow",
    )
    app.after_request(_drop_needless_header)
    limiter.init_app(app)


def address() -> str:
    """The network address that is counted: of IPv6 the /64, since one person has all of it."""
    text = request.remote_addr or "unknown"
    try:
        version_6 = ipaddress.IPv6Address(text)
    except ValueError:
        return text
    if version_6.ipv4_mapped:
        return str(version_6.ipv4_mapped)
    return str(ipaddress.IPv6Network((version_6, 64), strict=False))


sign_in_limit = limiter.shared_limit("10 per minute", scope="sign-in", key_func=address, methods=["POST"])
register_limit = limiter.shared_limit("5 per minute", scope="register", key_func=address, methods=["POST"])
refresh_limit = limiter.shared_limit("30 per minute", scope="refresh", key_func=address, methods=["POST"])


def per_person(times: int, what: str) -> Callable[[View], View]:
    """Let one person call the endpoint so many times a minute; TooManyRequests says when to go on.

    The limits of flask-limiter above run before anybody knows who calls, so this one is asked by the view itself.
    """
    item = RateLimitItemPerMinute(times, namespace=what)

    def limited(view: View) -> View:
        @wraps(view)
        def inner(*args: Any, **kwargs: Any) -> Any:
            person = g.get("actor")
            wait = seconds_to_wait(item, person.id if person else address())
            if wait:
                raise TooManyRequests(f"This can be done {times} times a minute. Try again then.", wait)
            return view(*args, **kwargs)

        return cast(View, inner)

    return limited


password_limit = per_person(10, "password")


def seconds_to_wait(item: RateLimitItem, *identifiers: str) -> int:
    """Count one use; 0 where it is within the limit, else the seconds until the next one is."""
    if not _settings().ratelimit_enabled:
        return 0
    try:
        return _hit(limiter.limiter, item, identifiers)
    except StorageError:
        return _hit(_own_count, item, identifiers)


def _hit(counter: RateLimiter, item: RateLimitItem, identifiers: tuple[str, ...]) -> int:
    if counter.hit(item, *identifiers):
        return 0
    return seconds_until(counter.get_window_stats(item, *identifiers).reset_time)


def seconds_until(moment: float) -> int:
    """Whole seconds from now until `moment` of the clock, at least 1."""
    return max(1, math.ceil(moment - time.time()))


def _settings() -> Settings:
    settings: Settings = current_app.config["RLFLOW"]
    return settings


def _storage(settings: Settings) -> str:
    return settings.redis_url.replace("redis+socket://", "redis+unix://") or "memory://"


def _storage_options(settings: Settings) -> dict[str, object]:
    if not settings.redis_url:
        return {}
    return {"socket_timeout": 1, "socket_connect_timeout": 1, "wrap_exceptions": True}


def say_retry_after(seconds: int | str) -> None:
    """Let this answer say when to try again, whatever flask-limiter knows of the route's own limit."""
    g.retry_after = str(seconds)


def _drop_needless_header(response: Response) -> Response:
    # flask-limiter says Retry-After on every limited answer; it means something on these only.
    if "retry_after" in g:
        response.headers["Retry-After"] = g.retry_after
    elif response.status_code not in {202, 409, 413, 429, 503}:
        response.headers.pop("Retry-After", None)
    return response
