"""The LLM provider component: where model outputs come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rlflow_core.plugin_api.component import Component, Kind
from rlflow_core.plugin_api.views import Message


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One answer asked of one model; `parameters` are passed on as they are (temperature, max_tokens, ...).

    A provider asks once and gives up after `seconds`, or after `silence_seconds` in which nothing came: asking
    again is the core's part. Without `stream` nobody watches the answer grow, so that one chunk may hold it all.
    """

    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    stream: bool = True
    seconds: float = 30.0
    silence_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took: tokens, and milliseconds from request to last token."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an answer; the last one carries usage and finish reason, without which an answer is cut off."""

    text: str = ""
    usage: Usage | None = None
    finish_reason: str | None = None


class ProviderError(Exception):
    """A provider gave no usable answer; `retryable` says whether asking again can help.

    `retry_after` are the seconds that the provider wants to be left alone, by this process and all others.
    """

    def __init__(self, message: str, *, retryable: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after


class LLMProvider(Component):
    """Streams answers of the models it offers."""

    kind: ClassVar[Kind] = "llm_provider"
    required_env: ClassVar[Sequence[str]] = ()
    """Names of environment variables without which the provider cannot work."""
    default_config: ClassVar[Mapping[str, Any]] = {}
    """The config, made by the deployment alone: `{"$env": NAME}` is the variable's value, or left out while unset."""

    def models(self) -> Sequence[str]:
        """The ids of the models on offer, the default one first."""
        raise NotImplementedError

    def GENERATE(self, request: GenerationRequest) -> Iterator[Chunk]:
        """The answer piece by piece; raises ProviderError when there is none."""
        raise NotImplementedError
