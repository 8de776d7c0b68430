"""Mathematics in texts: where it is, and as MathML; what is not understood stays as it was written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

from rlflow_core.plugin_host.attempt import attempt

MAX_FORMULA = 2_000
MAX_LATEX = 10_000

_FORMULA = re.compile(
    r"(?<!\\)(?:\$\$(?P<dollars>[^$]{1,2000}?)\$\$"
    # No delimiter within: an opening one without its closing one then costs one look, not two thousand.
    r"|\\\[(?P<brackets>(?:[^\\]|\\[^\[\]]){1,2000}?)\\\]"
    r"|\\\((?P<parentheses>(?:[^\\]|\\[^()]){1,2000}?)\\\)"
    # One dollar opens after a space or a bracket and closes before one, so that prices are none.
    r"|(?<![\w$])\$(?P<dollar>(?=[^\s$])(?:[^$\n\\]|\\.){1,2000}?(?<=\S))\$(?![\w$<]))",
    re.DOTALL,
)
_WORDS_WITHIN = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|operatorname)\*?\s*\{[^{}]*\}|\\[a-zA-Z]+")
_PROSE = re.compile(r"[^\W\d_]{2,}[\s,.;:]+[^\W\d_]{2,}")
_ALIGNED = re.compile(r"\\(begin|end)\{(?:align|aligned|split|gathered|gather\*?|eqnarray\*?|equation\*?)\}")

# MathML Core and what browsers draw besides; anything else means that the formula was not understood.
# fmt: off
TAGS = frozenset({
    "math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow", "mspace", "msqrt",
    "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
})
ATTRIBUTES = frozenset({
    "accent", "columnalign", "depth", "display", "displaystyle", "fence", "form", "height", "linebreak",
    "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rspace",
    "scriptlevel", "separator", "stretchy", "symmetric", "voffset", "width",
})
# fmt: on
_CHILDREN = {
    "mfrac": 2,
    "mroot": 2,
    "msub": 2,
    "msup": 2,
    "mover": 2,
    "munder": 2,
    "msubsup": 3,
    "munderover": 3,
}
_LEFT_OVER = re.compile(r"\\[a-zA-Z]|\A[{}&\\]\Z")
_ESCAPED = re.compile(r"\\([%$&#_{}])")


class NotUnderstoodError(Exception):
    """A formula came out as something that is not mathematics."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A stretch of a text, delimiters included, that is LaTeX."""

    start: int
    end: int
    latex: str
    is_display: bool


def formulas(text: str) -> Iterator[Formula]:
    """The formulas in `text` up to MAX_LATEX characters of LaTeX in all; prices such as `$5 and $6` are none."""
    length = 0
    for found in _FORMULA.finditer(text):
        formula = _formula(found)
        if formula is None:
            continue
        length += len(formula.latex)
        if length > MAX_LATEX:
            return
        yield formula


def formula_at(text: str, position: int) -> Formula | None:
    """The formula that begins at `position`, if one does."""
    found = _FORMULA.match(text, position)
    return _formula(found) if found else None


def mathml(latex: str, *, is_display: bool) -> Markup | None:
    """The formula as MathML, or None where it is not understood."""
    if not latex.strip() or len(latex) > MAX_FORMULA:
        return None
    # The converter raises many kinds of exceptions on malformed LaTeX, RecursionError among them.
    return attempt(_convert, latex, is_display).value


def mathematics(text: str) -> Markup:
    """`text` with its formulas as MathML and all else as it is; the template decides on line breaks."""
    parts: list[Markup] = []
    place = 0
    for formula in formulas(text):
        drawn = mathml(formula.latex, is_display=formula.is_display)
        if drawn is not None:
            parts += [escape(text[place : formula.start]), drawn]
            place = formula.end
    return Markup("").join([*parts, escape(text[place:])])


def _formula(found: re.Match[str]) -> Formula | None:
    kind = found.lastgroup or ""
    latex = found[kind]
    if "\n\n" in latex or (kind == "dollar" and _PROSE.search(_WORDS_WITHIN.sub(" ", latex))):
        return None
    return Formula(found.start(), found.end(), latex.strip(), kind in ("dollars", "brackets"))


def _convert(latex: str, is_display: bool) -> Markup:
    # The converter knows `align` and numbers its lines; nobody wrote those numbers.
    source = _ALIGNED.sub(r"\\\1{align*}", latex)
    root = convert_to_element(source, display="block" if is_display else "inline")
    return _written(root)


def _written(element: Any) -> Markup:
    """The element and all below it, rebuilt from what is known to be safe."""
    tag = element.tag
    children = list(element)
    text = html.unescape(element.text or "")
    if tag == "mtext":
        text = _ESCAPED.sub(r"\1", text)
    is_left_over = tag == "mi" and _LEFT_OVER.search(text)
    if tag not in TAGS or len(children) != _CHILDREN.get(tag, len(children)) or is_left_over:
        raise NotUnderstoodError(tag)
    attributes = Markup("").join(
        Markup(' {}="{}"').format(name, value) for name, value in element.attrib.items() if name in ATTRIBUTES
    )
    inside = escape(text) + Markup("").join(_spaced(children) if tag == "mrow" else map(_written, children))
    return Markup("<{0}{1}>{2}</{0}>").format(tag, attributes, inside)


def _spaced(children: list[Any]) -> Iterator[Markup]:
    """The elements of a row, a name such as `log` apart from the letters beside it."""
    before = None
    for child in children:
        if (
            before is not None
            and (_is_name(before) or _is_name(child))
            and "mo" not in (before.tag, child.tag)
        ):
            yield Markup('<mspace width="0.167em"></mspace>')
        yield _written(child)
        before = child


def _is_name(element: Any) -> bool:
    return element.tag == "mi" and len(element.text or "") > 1 and (element.text or "").isalpha()
