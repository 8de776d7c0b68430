"""The one place where any exception of plugin code is caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """What a call gave, or the exception it ended with."""

    value: R | None = None
    error: BaseException | None = None


def attempt(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Outcome[R]:
    """The outcome of `call`, whatever it raises; only an interrupt from the keyboard goes through."""
    try:
        return Outcome(value=call(*args, **kwargs))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit of a plugin must not end the process
        return Outcome(error=error)
