"""Asking a model for one answer: again where that can help, but not longer than a person would wait."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from rlflow_core.plugin_api import Chunk, GenerationRequest, LLMProvider, ProviderError, Usage
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault
from rlflow_core.services.generation.answer_text import AnswerText
from rlflow_core.services.generation.pauses import ProviderPauses

ATTEMPTS = 3
MOST_MILLISECONDS = 2**31 - 1

UNAVAILABLE = "provider_unavailable"
REFUSED = "provider_refused"
FAULTY = "provider_failed"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The one who asks has to wait `seconds` and then go on; what was said of the answer so far is void."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt (counted from 1) that gave no answer."""

    number: int
    reason: str
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer and what it took, after `attempts`."""

    text: str
    finish_reason: str
    usage: Usage
    latency_ms: int
    attempts: int


class GivenUp(Exception):
    """No answer came of it: `code` says for machines why, `retryable` whether it is worth asking later."""

    def __init__(
        self, message: str, code: str, *, retryable: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of whom, and how patiently."""

    provider: Bound[LLMProvider]
    request: GenerationRequest
    seconds: float
    silence_seconds: float
    retry_seconds: float


Event = Delta | Pause | FailedAttempt | Answer


def ask(host: PluginHost, pauses: ProviderPauses, question: Question) -> Iterator[Event]:
    """What happens until the answer is there, which comes last; the caller does the waiting. Raises GivenUp."""
    deadline = time.monotonic() + question.seconds
    for attempt in range(1, ATTEMPTS + 1):
        yield from _turn(pauses, question, deadline)
        started = time.monotonic()
        try:
            yield from _answer(host, question, deadline, attempt)
            return
        except ProviderError as error:
            failure, latency = error, _milliseconds(started)
        except ComponentFault as fault:
            raise GivenUp(f"The provider failed: {fault}", FAULTY) from fault
        yield FailedAttempt(attempt, str(failure), latency)
        if not failure.retryable:
            raise GivenUp(str(failure), REFUSED)
        wait = _wait_after(pauses, question, failure, attempt)
        if attempt == ATTEMPTS or time.monotonic() + wait >= deadline:
            raise _unavailable(str(failure), failure.retry_after)
        # A pause that the provider wants is waited for with everybody else's.
        if failure.retry_after is None:
            yield Pause(wait, str(failure))


def _turn(pauses: ProviderPauses, question: Question, deadline: float) -> Iterator[Pause]:
    key = question.provider.registered.key
    while (wait := pauses.seconds_to_wait(key)) > 0:
        reason = f"{question.provider.registered.cls.title} wants to be left alone for {wait:.0f} seconds."
        if time.monotonic() + wait >= deadline:
            raise _unavailable(reason, wait)
        yield Pause(wait, reason)


def _answer(host: PluginHost, question: Question, deadline: float, attempt: int) -> Iterator[Delta | Answer]:
    text, usage, finish_reason = AnswerText(), Usage(), None
    started = time.monotonic()
    for chunk in _chunks(host, question, deadline - started):
        if grown := text.add(chunk.text):
            yield Delta(grown)
        usage = chunk.usage or usage
        finish_reason = chunk.finish_reason or finish_reason
        # An answer that is there a moment late is an answer all the same.
        if finish_reason is None and time.monotonic() > deadline:
            raise ProviderError("The answer was not complete in time.", retryable=True)
    if finish_reason is None:
        raise ProviderError("The answer broke off before its end.", retryable=True)
    latency = usage.latency_ms if usage.latency_ms is not None else _milliseconds(started)
    yield Answer(text.whole(), finish_reason[:64], usage, latency, attempt)


def _chunks(host: PluginHost, question: Question, seconds: float) -> Iterator[Chunk]:
    asked = question.request
    request = GenerationRequest(
        model=asked.model,
        messages=asked.messages,
        parameters=asked.parameters,
        seed=asked.seed,
        stream=asked.stream,
        seconds=max(seconds, 0.001),
        silence_seconds=question.silence_seconds,
    )
    yield from host.guard.stream(question.provider, "GENERATE", request)


def _wait_after(pauses: ProviderPauses, question: Question, failure: ProviderError, attempt: int) -> float:
    if failure.retry_after is not None:
        pauses.ask_for(question.provider.registered.key, failure.retry_after)
        return failure.retry_after
    # Full jitter: those who failed together do not come back together.
    return random.uniform(0, question.retry_seconds * 2 ** (attempt - 1))  # noqa: S311 - jitter, not a secret


def _unavailable(reason: str, retry_after: float | None) -> GivenUp:
    return GivenUp(reason, UNAVAILABLE, retryable=True, retry_after=retry_after)


def _milliseconds(since: float) -> int:
    return min(int((time.monotonic() - since) * 1000), MOST_MILLISECONDS)
