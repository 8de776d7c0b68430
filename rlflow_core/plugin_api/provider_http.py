"""What providers that talk HTTP share: a client that cannot be led astray, and the meaning of refusals.

Not imported by `rlflow_core.plugin_api` itself: a provider imports it at first use, since HTTP clients load slowly.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

import httpx

from rlflow_core.plugin_api.llm_provider import GenerationRequest, ProviderError

MAX_BODY = 2 * 1024 * 1024
CONNECT_SECONDS = 5.0
MAX_DETAIL = 300
# 498 is "capacity exceeded" where services use it; the others say themselves that they pass.
PASSING = frozenset({408, 409, 425, 429, 498})


def provider_client(request: GenerationRequest) -> httpx.Client:
    """An HTTP client for one answer: no redirects, at most 2 MB, not longer than the request allows.

    Whatever goes over these limits ends in ProviderError while the body is read.
    """
    timeout = httpx.Timeout(
        min(request.silence_seconds, request.seconds), connect=min(CONNECT_SECONDS, request.seconds)
    )
    deadline = time.monotonic() + request.seconds
    return httpx.Client(
        follow_redirects=False,
        timeout=timeout,
        # A compressed body could grow to a thousand times what was counted.
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [lambda response: _bound(response, deadline)]},
    )


def refusal(
    service: str, status: int, headers: Mapping[str, str], detail: object = "", way_out: str = ""
) -> ProviderError:
    """The error that stands for an HTTP status; `way_out` is what helps where the key or the address is wrong."""
    retryable = status in PASSING or status >= 500
    said = f"{service} answered {status}{_reason(status)}"
    text = f"{said}." if retryable or not detail else f"{said}: {plain(detail)}"
    is_misled = status in (401, 403) or 300 <= status < 400
    return ProviderError(
        f"{text} {way_out}".strip() if is_misled else text,
        retryable=retryable,
        retry_after=retry_seconds(headers.get("retry-after")) if retryable else None,
    )


def unreachable(service: str, error: Exception) -> ProviderError:
    """The error that stands for a broken or silent connection, or the ProviderError that broke it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ProviderError):
            return cause
        if isinstance(cause, httpx.TimeoutException):
            return ProviderError(f"{service} did not answer in time.", retryable=True)
        cause = cause.__cause__ or cause.__context__
    return ProviderError(f"The connection to {service} broke ({type(error).__name__}).", retryable=True)


def retry_seconds(header: str | None) -> float | None:
    """The seconds that a Retry-After header asks for, be it a number or a date; None where it says nothing."""
    text = (header or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text)
    return seconds if 0 <= seconds < 1e6 else None


def plain(detail: object) -> str:
    """What a peer said, as one short line that no log or page stumbles over."""
    words = str(detail).encode("ascii", "replace").decode().split()
    text = "".join(letter for letter in " ".join(words) if letter.isprintable())
    return text if len(text) <= MAX_DETAIL else f"{text[:MAX_DETAIL]}..."


class _Bounded(httpx.SyncByteStream):
    """A body that ends in an error when it is too long or takes too long."""

    def __init__(self, stream: httpx.SyncByteStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self._stream:
            size += len(part)
            if size > MAX_BODY:
                raise ProviderError("The answer is larger than 2 MB.", retryable=False)
            if time.monotonic() > self._deadline:
                raise ProviderError("The answer was not complete in time.", retryable=True)
            yield part

    def close(self) -> None:
        self._stream.close()


def _bound(response: httpx.Response, deadline: float) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ProviderError("The answer is compressed, which was not asked for.", retryable=False)
    assert isinstance(response.stream, httpx.SyncByteStream)
    response.stream = _Bounded(response.stream, deadline)


def _reason(status: int) -> str:
    phrase = httpx.codes.get_reason_phrase(status)
    return f" ({phrase})" if phrase else ""


def _seconds_until(date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
