"""Reading chat completions, the form in which most services answer, piece by piece or whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from rlflow_core.plugin_api.llm_provider import Chunk, ProviderError, Usage

Part = Literal["delta", "message"]


def read_answer(data: object, model: str, part: Part) -> Chunk:
    """The chunk in a decoded answer: of a stream ("delta"), or the whole of it ("message").

    Raises ProviderError where it holds no answer, or that of another model than was asked.
    """
    if not isinstance(data, Mapping):
        raise unusable("it is not a chat completion")
    _check_model(data.get("model"), model)
    if data.get("error"):
        raise unusable("the service broke it off with an error")
    usage = _usage(data)
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices:
        if part == "delta" and usage is not None:
            return Chunk(usage=usage)
        raise unusable("it has no choices")
    choice = choices[0]
    inner = choice.get(part) if isinstance(choice, Mapping) else None
    if not isinstance(inner, Mapping):
        raise unusable(f"its first choice has no {part}")
    text = inner.get("content")
    if text is not None and not isinstance(text, str):
        raise unusable("its content is no text")
    if part == "message" and text is None:
        raise unusable("its content is null")
    reason = choice.get("finish_reason")
    return Chunk(text or "", usage, str(reason)[:64] if reason else None)


def unusable(why: str) -> ProviderError:
    """The error that stands for an answer nobody could judge; asked again, the model may do better."""
    return ProviderError(f"The answer is unusable: {why}.", retryable=True)


def _check_model(answered: object, asked: str) -> None:
    """Refuse the answer of another model: it would be stored under the wrong name.

    Services add a date to a name, or leave out the path before it, so one need only begin or end with the other.
    """
    if not isinstance(answered, str) or not answered:
        return
    one, other = answered.casefold(), asked.casefold()
    if one == other or one.startswith(f"{other}-") or one.endswith(f"/{other}") or other.endswith(f"/{one}"):
        return
    raise ProviderError(
        f"The model {answered[:80]!r} answered in place of {asked[:80]!r}; its answer was not kept.",
        retryable=False,
    )


def _usage(data: Mapping[str, Any]) -> Usage | None:
    found = data.get("usage")
    if not isinstance(found, Mapping):
        return None
    return Usage(_count(found.get("prompt_tokens")), _count(found.get("completion_tokens")))


def _count(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
        return value
    return None
