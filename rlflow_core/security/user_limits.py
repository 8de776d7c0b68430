"""How often one person may ask for what costs money, wherever they ask from."""

from __future__ import annotations

from limits import RateLimitItemPerMinute

from rlflow_core.security.throttle import seconds_to_wait
from rlflow_core.services.errors import TooManyRequests

JOINS = RateLimitItemPerMinute(10, namespace="join")
GENERATIONS = RateLimitItemPerMinute(20, namespace="generate")
EXPORTS = RateLimitItemPerMinute(5, namespace="export")


def count_generation(user_id: str) -> None:
    """Count that this person asks for outputs; TooManyRequests after 20 in a minute."""
    wait = seconds_to_wait(GENERATIONS, user_id)
    if wait:
        raise TooManyRequests(
            f"You asked for outputs {GENERATIONS.amount} times within a minute. Try again in a moment.", wait
        )


def count_export(user_id: str) -> None:
    """Count that this person orders a file; TooManyRequests after 5 in a minute. What was refused does not count."""
    wait = seconds_to_wait(EXPORTS, user_id)
    if wait:
        raise TooManyRequests(
            f"You exported {EXPORTS.amount} times within a minute. Try again in a moment.", wait
        )


def count_join(user_id: str) -> None:
    """Count that this person tries a code; TooManyRequests after 10 in a minute, so that nobody guesses one."""
    wait = seconds_to_wait(JOINS, user_id)
    if wait:
        raise TooManyRequests(f"You tried {JOINS.amount} codes within a minute. Try again in a moment.", wait)
