"""What services refuse, each with a sentence for the person who asked; every face turns them into its own answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """A refusal: `code` is a short word for machines, `errors` names what does not fit, field by field."""

    code = "refused"

    def __init__(
        self, message: str, errors: Mapping[str, Any] | None = None, *, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errors: dict[str, Any] = dict(errors or {})
        self.code = code or type(self).code


class NotFound(ServiceError):
    """There is no such thing, or the person may not know of it; `what` names its kind."""

    code = "not_found"

    def __init__(self, what: str, key: str = "") -> None:
        super().__init__(f"There is no such {what}.")
        self.what = what
        self.key = key


class Conflict(ServiceError):
    """What is stored stands against it."""

    code = "conflict"


class Forbidden(ServiceError):
    """The person is known and may not do this."""

    code = "forbidden"


class Invalid(ServiceError):
    """The given values do not fit; `errors` says which and why."""

    code = "validation_failed"


class Unauthenticated(ServiceError):
    """Nobody is signed in, or what was shown does not prove who it is."""

    code = "not_signed_in"


class TooLarge(ServiceError):
    """It is more than is taken at once; the message says how much that is."""

    code = "too_large"


class TooManyRequests(ServiceError):
    """It was asked too often; it can be tried again after `retry_after` seconds."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after: int, *, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """Something that is needed does not answer now; it can be tried again after `retry_after` seconds."""

    code = "unavailable"

    def __init__(
        self,
        message: str,
        errors: Mapping[str, Any] | None = None,
        *,
        code: str | None = None,
        retry_after: int = 5,
    ) -> None:
        super().__init__(message, errors, code=code)
        self.retry_after = retry_after
