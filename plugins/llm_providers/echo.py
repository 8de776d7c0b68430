"""The echo provider: answers made from the question itself, so that generation can be tried without a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rlflow_core.plugin_api import Chunk, GenerationRequest, LLMProvider, ProviderError, Usage, hookimpl

CHUNKS = 4


def _repeated(question: str) -> str:
    """The question, said back."""
    return f"You asked: {question}"


def _counted(question: str) -> str:
    """The question by its size, then its last words first."""
    words = question.split()
    return f"A question of {len(words)} words: {' '.join(reversed(words))}"


VOICES: Mapping[str, Callable[[str], str]] = {"echo-1": _repeated, "echo-2": _counted}
"""How each model answers; they differ, so that their answers make pairs."""


class Echo(LLMProvider):
    """Answers at once, without a network, the same to the same request.

    Parameters: `prefix` (text before the answer) and `max_tokens` (words of the answer at most); others are
    ignored. Requests that differ in their seed get answers that differ.
    """

    key = "echo"
    title = "Echo"
    version = "1.0"
    description = "Repeats the question in the manner of two models; for trying things out."

    def models(self) -> Sequence[str]:
        """The two voices."""
        return list(VOICES)

    def GENERATE(self, request: GenerationRequest) -> Iterator[Chunk]:
        """The answer in up to four pieces, then its usage in words."""
        voice = VOICES.get(request.model)
        if voice is None:
            raise ProviderError(
                f"There is no model {request.model!r}. There are: {', '.join(VOICES)}.", retryable=False
            )
        answer = voice(_last_question(request)) + ("" if request.seed is None else f" (seed {request.seed})")
        answer = _prefix(request) + answer
        words = answer.split(" ")
        kept = words[: _word_limit(request)]
        yield from _pieces(kept)
        yield Chunk(
            usage=Usage(
                prompt_tokens=sum(len(message.content.split()) for message in request.messages),
                completion_tokens=len(kept),
            ),
            finish_reason="stop" if len(kept) == len(words) else "length",
        )


def _last_question(request: GenerationRequest) -> str:
    """The last user message; raises ProviderError where there is none."""
    for message in reversed(request.messages):
        if message.role == "user":
            return message.content
    raise ProviderError("There is no user message to answer.", retryable=False)


def _prefix(request: GenerationRequest) -> str:
    """The parameter `prefix`; raises ProviderError where it is no text."""
    prefix = request.parameters.get("prefix", "")
    if not isinstance(prefix, str):
        raise ProviderError("The parameter prefix must be text.", retryable=False)
    return prefix


def _word_limit(request: GenerationRequest) -> int | None:
    """The parameter `max_tokens`; raises ProviderError where it is no positive whole number."""
    limit = request.parameters.get("max_tokens")
    if limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and limit > 0):
        return limit
    raise ProviderError("The parameter max_tokens must be a whole number from 1.", retryable=False)


def _pieces(words: Sequence[str]) -> Iterator[Chunk]:
    """The words, one space apart, in at most CHUNKS pieces."""
    size = -(-len(words) // CHUNKS)
    for start in range(0, len(words), size):
        text = " ".join(words[start : start + size])
        yield Chunk(text=f" {text}" if start else text)


@hookimpl
def register_llm_providers() -> list[type[LLMProvider]]:
    """The echo."""
    return [Echo]
