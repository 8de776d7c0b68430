"""What two answers have in common and what not, line by line; both sides look alike, so that neither seems better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from markupsafe import Markup

from rlflow_core.plugin_host.rendering.answer import Continuation, continuation
from rlflow_core.plugin_host.rendering.code import block, coloured_lines, indent, seen

MAX_COMPARED = 1_000
CONTEXT = 3


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two texts: its name, its lines as written and as drawn, and the number of the first."""

    name: str
    lines: Sequence[str]
    drawn: Sequence[Markup]
    first: int


def difference(
    before: str,
    after: str,
    language: str = "",
    *,
    names: tuple[str, str] = ("A", "B"),
    given: str = "",
) -> Markup:
    """The lines of two texts in one block: `−` is only in the first, `+` only in the second, a gap is equal lines.

    Lines of `given` that a text begins with are left out, so that an answer which repeats its task compares with one
    that does not.
    """
    first = _side(names[0], continuation(before, given), language)
    second = _side(names[1], continuation(after, given), language)
    if first.lines == second.lines:
        return Markup('<p class="rl-note rl-code-note">{} and {} are equal.</p>').format(*names)
    if max(len(first.lines), len(second.lines)) > MAX_COMPARED:
        note = Markup('<p class="rl-note rl-code-note">{} and {} are too long to compare: over {} lines.</p>')
        return note.format(*names, f"{MAX_COMPARED:,}")
    return block(_lines(first, second), f"Differences between {names[0]} and {names[1]}", "rl-diff")


def _side(name: str, text: Continuation, language: str) -> _Side:
    lines = text.own.removesuffix("\n").split("\n")
    drawn = coloured_lines("\n".join(lines), language) if len(lines) <= MAX_COMPARED else []
    return _Side(name, lines, [seen(line) for line in lines] if drawn is None else drawn, text.first)


def _lines(first: _Side, second: _Side) -> Iterator[Markup]:
    matcher = SequenceMatcher(None, first.lines, second.lines)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            yield from _equal(first, second, start, end, other_start)
            continue
        yield from (_changed(first, "del", "−", place) for place in range(start, end))
        yield from (_changed(second, "ins", "+", place) for place in range(other_start, other_end))


def _equal(first: _Side, second: _Side, start: int, end: int, other_start: int) -> Iterator[Markup]:
    """Equal lines; in the middle of many of them stands how many are left out."""
    is_first, is_last = start == 0, end == len(first.lines)
    head, tail = (0 if is_first else CONTEXT), (0 if is_last else CONTEXT)
    left_out = end - start - head - tail
    # A gap takes a line itself.
    if left_out < 2:
        head, left_out = end - start, 0
    for place in range(start, start + head):
        yield _same(first, second, place, other_start + place - start)
    if left_out:
        yield Markup('<span class="l gap">{} equal lines\n</span>').format(f"{left_out:,}")
        for place in range(end - tail, end):
            yield _same(first, second, place, other_start + place - start)


def _same(first: _Side, second: _Side, place: int, other: int) -> Markup:
    return Markup('<span class="l{}" data-n="{}" data-m="{}">{}\n</span>').format(
        indent(first.lines[place]), first.first + place, second.first + other, first.drawn[place]
    )


def _changed(side: _Side, tag: str, mark: str, place: int) -> Markup:
    number = "n" if tag == "del" else "m"
    return Markup('<{0} class="l{1}" data-{2}="{3}" data-mark="{4}" title="only in {5}">{6}\n</{0}>').format(
        tag,
        indent(side.lines[place]),
        number,
        side.first + place,
        f"{mark} {side.name}",
        side.name,
        side.drawn[place],
    )
