"""Splits an answer into steps that lose no character: the texts of all segments, joined, are the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from rlflow_core.plugin_api import Segment

MAX_STEPS = 200

_ANSWER = re.compile(r"#{4}\s*\S|\W{0,3}(?:A|(?:The )?(?:final )?answer)\W{0,3}[:=]\W{0,3}\S", re.IGNORECASE)
# What spans several lines and means nothing in parts: code in fences, and formulas that stand by themselves.
_WHOLE = re.compile(
    r"^ {0,3}(```|~~~).*?^ {0,3}\1"
    r"|\$\$[^$]+\$\$"
    r"|\\\[(?:[^\\]|\\[^\[\]])+?\\\]"
    r"|\\begin\{(\w+\*?)\}(?:[^\\]|\\(?!begin|end))+?\\end\{\2\}",
    re.MULTILINE | re.DOTALL,
)
_NUMBER = re.compile(
    r"[ \t]{0,3}(?:[#>*_]{1,6}[ \t]{0,3}){0,3}(?:Step[ \t]{0,3}\d|\(?\d{1,3}[.):]\s)", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+(?=[\"'“‘(\[$\\]*[^\W_a-z])|[。！？]\s*|\n\s*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|approx|resp|etc|Mr|Mrs|Ms|Dr|Prof|St|No|Nos|Fig|Figs|Eq|Eqs|Sec|Thm|Jr|Sr|[A-Z])|(?:\A|[.!?:\n]\W{0,3})\d{1,3})\Z"
)


def split(text: str, split_by: str) -> Iterator[Segment]:
    """The steps of `text`, split as `split_by` says, and its final answer where the last line gives one.

    There are at most MAX_STEPS steps; the last one holds what is left.
    """
    end = _answer_start(text)
    body = text[:end].rstrip()
    starts = [0, *islice(_outside(_RULES[split_by](body), body), MAX_STEPS - 1)] if body else []
    steps = [text[start:stop] for start, stop in zip(starts, [*starts[1:], end], strict=False)]
    yield from (Segment(index, "step", step) for index, step in enumerate(steps))
    if end < len(text):
        # White space before an answer that stands alone has no step to belong to.
        yield Segment(len(steps), "answer", text[end:] if steps else text)


def _answer_start(text: str) -> int:
    """Where the last line begins, if it gives the final answer; else the end of the text."""
    start = text.rstrip().rfind("\n") + 1
    return start if _ANSWER.match(text[start:].lstrip()) else len(text)


def _outside(places: Iterable[int], text: str) -> Iterator[int]:
    """The places that are after the first word of `text` and within nothing that stays whole."""
    first = len(text) - len(text.lstrip())
    wholes = ((found.start(), found.end()) for found in _WHOLE.finditer(text))
    start, end = next(wholes, (len(text), len(text)))
    for place in places:
        while end <= place < len(text):
            start, end = next(wholes, (len(text), len(text) + 1))
        if place > first and not start < place < end:
            yield place


def _lines(text: str) -> Iterator[int]:
    yield from (place for place, line, _ in _each_line(text) if line.strip())


def _paragraphs(text: str) -> Iterator[int]:
    yield from (place for place, line, before in _each_line(text) if line.strip() and not before.strip())


def _numbered(text: str) -> Iterator[int]:
    """Where a number begins a line; an answer without any is split at line ends."""
    starts = [place for place, line, _ in _each_line(text) if _NUMBER.match(line)]
    yield from starts or _lines(text)


def _sentences(text: str) -> Iterator[int]:
    for found in _SENTENCE_END.finditer(text):
        before = text[max(0, found.start() - 12) : found.start()]
        if found[0][0] != "." or "\n" in found[0] or not _ABBREVIATION.search(before):
            yield found.end()


def _each_line(text: str) -> Iterator[tuple[int, str, str]]:
    """Each line with its place and the line before it."""
    place, before = 0, ""
    for line in text.split("\n"):
        yield place, f"{line}\n", before
        place, before = place + len(line) + 1, line


_RULES: dict[str, Callable[[str], Iterator[int]]] = {
    "lines": _lines,
    "paragraphs": _paragraphs,
    "numbered": _numbered,
    "sentences": _sentences,
}
