"""Code as numbered lines with the token classes of Pygments; the numbers are no text, so nobody copies them."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token

MAX_COLOURED = 50_000
MAX_NUMBERED = 500_000
MAX_LINES = 5_000
COLOURING_SECONDS = 0.3

# The languages that answers come in; a fence names any of them, and what it names else stays without colours.
_LEXERS = {
    "python": "python", "py": "python", "python3": "python", "pycon": "pycon", "javascript": "javascript",
    "js": "javascript", "jsx": "javascript", "typescript": "typescript", "ts": "typescript", "tsx": "typescript",
    "java": "java", "kotlin": "kotlin", "scala": "scala", "swift": "swift", "c": "c", "h": "c", "cpp": "cpp",
    "c++": "cpp", "csharp": "csharp", "c#": "csharp", "cs": "csharp", "go": "go", "golang": "go", "rust": "rust",
    "rs": "rust", "sql": "sql", "bash": "bash", "sh": "bash", "shell": "bash", "console": "console", "ruby": "ruby",
    "rb": "ruby", "php": "php", "html": "html", "css": "css", "json": "json", "yaml": "yaml", "yml": "yaml",
    "toml": "toml", "r": "r", "lua": "lua", "haskell": "haskell", "perl": "perl", "diff": "diff",
    "dockerfile": "docker",
}  # fmt: skip
_STANDING = re.compile(r" *")
# What a reader cannot see and what turns the direction of text, as in code that shows another order than it runs in.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)


def code(text: str, language: str = "", first: int = 1, label: str = "Code") -> Markup:
    """`text` as a block of code whose first line has the number `first`; a very long one without colours or numbers."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MAX_LINES or len(text) > MAX_NUMBERED:
        note = Markup('<p class="rl-note rl-code-note">Shown as plain text: it is too long for numbers.</p>')
        plain = Markup(
            '<pre class="rl-code plain" dir="ltr" tabindex="0" role="group" aria-label="{}"><code>{}</code></pre>'
        )
        return note + plain.format(label, seen(text))
    drawn = coloured_lines(text.removesuffix("\n"), language)
    if drawn is not None:
        return block(numbered(lines, drawn, first), label)
    plain_block = block(numbered(lines, [seen(line) for line in lines], first), label)
    if _lexer(language) is None:
        return plain_block
    note = Markup('<p class="rl-note rl-code-note">Shown without colours: it is too long for them.</p>')
    return note + plain_block


def block(lines: Iterable[Markup], label: str, kind: str = "") -> Markup:
    """Lines as a block that a keyboard can scroll; `kind` is a further class."""
    return Markup(
        '<pre class="rl-code{}" dir="ltr" tabindex="0" role="group" aria-label="{}"><code>{}</code></pre>'
    ).format(f" {kind}" if kind else "", label, Markup("").join(lines))


def numbered(texts: Sequence[str], drawn: Sequence[Markup], first: int) -> Iterator[Markup]:
    """Each line with its number and, as a class, its indent; the line end is in it, so that copies have it."""
    for number, (text, line) in enumerate(zip(texts, drawn, strict=True), first):
        yield Markup(f'<span class="l{indent(text)}" data-n="{number}">{line}\n</span>')  # noqa: S704 - escaped


def indent(line: str) -> str:
    """The class that a wrapped line keeps its indent by."""
    found = _STANDING.match(line.expandtabs(4))
    depth = min(len(found[0]) // 4 * 4, 20) if found else 0
    return f" i{depth}" if depth else ""


def coloured_lines(
    text: str, language: str, clock: Callable[[], float] = time.thread_time
) -> list[Markup] | None:
    """The lines of `text` in colours, or None where there are none for the language or they would take too long.

    Some lexers need quadratic time for lines that nobody writes by hand, so the work itself is limited too.
    """
    lexer = _lexer(language)
    if lexer is None or len(text) > MAX_COLOURED:
        return None
    until = clock() + COLOURING_SECONDS
    drawn: list[Markup] = []
    parts: list[str] = []
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        if clock() > until:
            return None
        css = _css_class(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                drawn.append(_joined(parts))
                parts = []
            if part:
                parts.append(f'<span class="{css}">{seen(part)}</span>' if css else str(seen(part)))
    drawn.append(_joined(parts))
    return drawn if len(drawn) == text.count("\n") + 1 else None


def seen(text: str) -> Markup:
    """`text` escaped; characters that nobody can see, or that turn the direction of others, show their name."""
    return Markup(_UNSEEN.sub(_named, escape(text)))  # noqa: S704 - escaped, and names are ours


def _joined(parts: list[str]) -> Markup:
    return Markup("".join(parts))  # noqa: S704 - each part was escaped


def _named(found: re.Match[str]) -> str:
    code_point = f"U+{ord(found[0]):04X}"
    name = unicodedata.name(found[0], "control character")
    return f'<bdi class="rl-unseen" data-code="{code_point}" title="{code_point} {name}">{found[0]}</bdi>'


@cache
def _lexer(language: str) -> Lexer | None:
    name = _LEXERS.get(language.strip().lower())
    if name is None:
        return None
    options = {"startinline": True} if name == "php" else {}
    found: Lexer = get_lexer_by_name(name, **options)
    return found


@cache
def _css_class(kind: Token) -> str:
    while kind not in STANDARD_TYPES:
        kind = kind.parent
    return "" if kind in (Token.Text, Token.Text.Whitespace, Token.Name) else STANDARD_TYPES[kind]
