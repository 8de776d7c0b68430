"""The text of an answer while it grows: what may be shown of it, and whether it can be kept."""

from __future__ import annotations

from rlflow_core.plugin_api import MAX_TEXT, ProviderError

HIGH_HALVES = range(0xD800, 0xDC00)


class AnswerText:
    """Collects the pieces of one answer; ProviderError where no database could hold it.

    Nothing is repaired: an answer with a character taken out is not the model's any more. Halves of a surrogate
    pair that come in two pieces are one character, as the service meant them.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._half = ""

    def add(self, piece: str) -> str:
        """What of the answer became complete by `piece`."""
        text = _paired(self._half + piece)
        self._half = text[-1:] if text and ord(text[-1]) in HIGH_HALVES else ""
        whole = text[: len(text) - len(self._half)]
        _check(whole)
        self._parts.append(whole)
        self._length += len(whole)
        if self._length > MAX_TEXT:
            raise ProviderError(f"The answer has over {MAX_TEXT:,} characters.", retryable=False)
        return whole

    def whole(self) -> str:
        """The text, which is at its end."""
        _check(self._half)
        text = "".join(self._parts)
        if not text.strip():
            raise _unusable("it is empty")
        return text


def _paired(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _check(text: str) -> None:
    if "\0" in text:
        raise _unusable("it has the character NUL, which cannot be stored")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _unusable("it has half of a surrogate pair, which is no character") from None


def _unusable(why: str) -> ProviderError:
    return ProviderError(f"The answer is unusable: {why}.", retryable=True)
