"""Wrong passwords per account: after ten the account waits, each time twice as long, whoever asks from wherever.

flask-limiter counts requests to routes. This counts failures of an account, forgets them on success and lets the
wait grow, so it is ours; the numbers lie in the same storage.
"""

from __future__ import annotations

import hashlib

from flask import current_app
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage

from rlflow_core.config import Settings
from rlflow_core.extensions import limiter
from rlflow_core.security.throttle import seconds_until
from rlflow_core.services.errors import TooManyRequests

FAILURES = 10
WINDOW_SECONDS = 15 * 60
FIRST_WAIT_SECONDS = 30

# While Redis does not answer, this process counts by itself at the same numbers.
_own_storage = MemoryStorage()


def count_attempt(email: str) -> bool:
    """Count an attempt on this account as failed; whether the account waits from now on, if it does fail.

    TooManyRequests while it waits, also where there is no such account.
    """
    if not _is_on():
        return False
    try:
        return _count(_storage(), _key(email))
    except StorageError:
        return _count(_own_storage, _key(email))


def forget_attempts(email: str) -> None:
    """Forget the failures of an account whose password was right."""
    if not _is_on():
        return
    for storage in (_own_storage, _storage()):
        try:
            storage.clear(_failures(_key(email)))
            storage.clear(_wait(_key(email)))
        except StorageError:
            continue


def _count(storage: Storage, key: str) -> bool:
    if storage.get(_wait(key)):
        _refuse(storage, key)
    failures = storage.incr(_failures(key), WINDOW_SECONDS)
    if failures < FAILURES:
        return False
    # Of several that come at once the first starts the wait and is let through, the others find it started.
    if storage.incr(_wait(key), wait_after(failures)) > 1:
        _refuse(storage, key)
    return True


def wait_after(failures: int) -> int:
    """Seconds that an account waits after so many failures within the window: 30, 60, 120 ... 900."""
    doublings = min(failures - FAILURES, 10)
    return min(FIRST_WAIT_SECONDS << doublings, WINDOW_SECONDS)


def _refuse(storage: Storage, key: str) -> None:
    raise TooManyRequests(
        "Too many wrong passwords for this account. Try again later.",
        seconds_until(storage.get_expiry(_wait(key))),
    )


def _failures(key: str) -> str:
    return f"rlflow/account/failures/{key}"


def _wait(key: str) -> str:
    return f"rlflow/account/wait/{key}"


def _key(email: str) -> str:
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()


def _storage() -> Storage:
    storage: Storage = limiter.storage
    return storage


def _is_on() -> bool:
    settings: Settings = current_app.config["RLFLOW"]
    return settings.ratelimit_enabled
