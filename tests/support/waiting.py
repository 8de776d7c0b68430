"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], seconds: float, what: str) -> T:
    """The first truthy answer of `look`; AssertionError saying `what` did not happen within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"Not within {seconds:g} seconds: {what}"
        time.sleep(0.02)
