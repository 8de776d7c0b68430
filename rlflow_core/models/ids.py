"""UUIDv7 keys (RFC 9562): they sort by the time they were made, also within one millisecond of one process."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from datetime import datetime

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A new UUIDv7 as text; later calls of this process give greater ids."""
    global _last
    with _lock:
        # 48 bits of milliseconds and a 12-bit counter; the counter carries into the clock when it runs over.
        stamp = max(time.time_ns() // 1_000_000 << 12, _last + 1)
        _last = stamp
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def first_id_at(moment: datetime) -> str:
    """The least id of its millisecond: ids made at `moment` or later are not less."""
    return str(uuid.UUID(int=int(moment.timestamp() * 1000) << 80))


def is_id(text: str) -> bool:
    """Whether `text` is a UUID in its canonical form, so that it may be compared with a key."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
