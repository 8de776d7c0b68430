"""An answer to a coding task: code alone, or prose with code in fences; each is shown as what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from rlflow_core.plugin_host.rendering.code import code
from rlflow_core.plugin_host.rendering.markdown import markdown

MIN_REPEATED = 2

_FENCE = re.compile(r"^ {0,3}(?:```[^`\n]*|~~~.*)$", re.MULTILINE)
_SENTENCE = re.compile(
    r"^(?:[-*]\s+|\d+[.)]\s+)?[^\W\d_][\w'’-]*(?:[,;:]?\s+[\w'’“”\"().-]+){2,}[.!?:]?\s*$", re.MULTILINE
)
_CODE_LINE = re.compile(r"^(?:\s+\S|\s*[#@/{}<*\"'$;-]|.*[{};=()\[\]]\s*:?\s*$|.*\w\()|^\s*\w+:?\s*$")


@dataclass(frozen=True, slots=True)
class Continuation:
    """A text without the lines it repeats: how many those are, the rest, and the number of the rest's first line."""

    repeated: str
    own: str
    first: int


def answer(text: str, language: str = "", given: str = "", label: str = "Answer") -> Markup:
    """`text` as numbered code, or as Markdown where it is prose; lines that repeat `given` are folded."""
    if is_prose(text):
        return Markup('<div class="rl-prose" dir="auto">{}</div>').format(markdown(text, language))
    parts = continuation(text, given)
    shown = code(parts.own, language, parts.first, label)
    if not parts.repeated:
        return shown
    folded = Markup(
        '<details class="rl-repeated"><summary class="rl-fold">Lines 1–{} repeat the task</summary>{}</details>'
    ).format(parts.first - 1, code(parts.repeated, language, 1, f"{label}, lines that repeat the task"))
    return folded + shown


def is_prose(text: str) -> bool:
    """Whether an answer is prose, with or without code in fences, rather than code alone."""
    if _FENCE.search(text):
        return True
    lines = [line for line in text[:20_000].split("\n") if line.strip()]
    sentences = sum(1 for line in lines if _SENTENCE.match(line) and not _CODE_LINE.match(line))
    return sentences * 2 > len(lines)


def continuation(text: str, given: str) -> Continuation:
    """`text` told apart into the lines of `given` that it begins with and what is its own.

    Code that begins indented goes on where `given` ends, so its numbers do, too.
    """
    start, lines = given.rstrip().split("\n"), text.split("\n")
    if not given.strip():
        return Continuation("", text, 1)
    own = "\n".join(lines[len(start) :])
    if len(start) >= MIN_REPEATED and own.strip() and _same(lines[: len(start)], start):
        return Continuation("\n".join(lines[: len(start)]), own, len(start) + 1)
    goes_on = next((line for line in lines if line.strip()), "")[:1].isspace()
    return Continuation("", text, len(start) + 1 if goes_on else 1)


def _same(lines: list[str], others: list[str]) -> bool:
    return [line.rstrip() for line in lines] == [line.rstrip() for line in others]
