"""Markdown as safe HTML: no HTML of the author's, no pictures from elsewhere, code in colours, mathematics drawn."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from rlflow_core.plugin_host.rendering.code import code, seen
from rlflow_core.plugin_host.rendering.mathematics import ATTRIBUTES, MAX_LATEX, TAGS, formula_at, mathml

MAX_MARKDOWN = 100_000

# fmt: off
_ALLOWED_TAGS = TAGS | {
    "a", "bdi", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "span",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}
# fmt: on
_ALLOWED_ATTRIBUTES = {
    "a": {"href", "title", "target"},
    "bdi": {"class", "data-code", "title"},
    "code": {"class"},
    "ol": {"start"},
    "p": {"class"},
    "pre": {"class", "dir", "tabindex", "role", "aria-label"},
    "span": {"class", "data-n"},
    "td": {"class"},
    "th": {"class"},
    **{tag: set(ATTRIBUTES) for tag in TAGS},
}
_SCHEMES = {"http", "https", "mailto"}


def markdown(text: str, language: str = "") -> Markup:
    """`text` as HTML for inside `rl-prose`; code in fences that name no language is taken for `language`."""
    if len(text) > MAX_MARKDOWN:
        note = Markup('<p class="rl-note">Shown as plain text: over {} characters.</p>')
        plain = Markup('<p class="whitespace-pre-wrap">{}</p>')
        return note.format(f"{MAX_MARKDOWN:,}") + plain.format(seen(text))
    html = _MARKDOWN.render(text, {"language": language, "latex": 0})
    clean = nh3.clean(
        html,
        tags=_ALLOWED_TAGS,
        attributes=_ALLOWED_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(clean)  # noqa: S704 - cleaned above


def _inline_formula(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    formula = formula_at(state.src, state.pos)
    if formula is None or formula.end > state.posMax:
        return False
    if not silent:
        drawn = _drawn(state.env, formula.latex, formula.is_display)
        # What is not understood stays as it was written, its backslashes and asterisks included.
        source = state.src[formula.start : formula.end]
        state.push("formula", "math", 0).content = str(seen(source) if drawn is None else drawn)
    state.pos = formula.end
    return True


def _formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula that begins a line and ends one: its lines are no lists or headings."""
    position = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith(("$$", "\\["), position) or state.is_code_block(start):
        return False
    formula = formula_at(state.src, position)
    if formula is None:
        return False
    last = next((line for line in range(start, end) if state.eMarks[line] >= formula.end), None)
    if last is None or state.src[formula.end : state.eMarks[last]].strip():
        return False
    drawn = _drawn(state.env, formula.latex, True)
    if drawn is None:
        return False
    if not silent:
        state.push("formula", "math", 0).content = f"<p>{drawn}</p>"
        state.line = last + 1
    return True


def _drawn(env: MutableMapping[str, Any], latex: str, is_display: bool) -> Markup | None:
    env["latex"] += len(latex)
    return mathml(latex, is_display=is_display) if env["latex"] <= MAX_LATEX else None


class _Renderer(RendererHTML):
    """Headings stand below those of the page, links open elsewhere, code is drawn by us."""

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Mapping[str, Any]) -> str:
        name = (tokens[idx].info.split() or [""])[0]
        return str(code(tokens[idx].content, name or env["language"]))

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Mapping[str, Any]) -> str:
        return str(code(tokens[idx].content))

    def text(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return str(seen(tokens[idx].content))

    def formula(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return tokens[idx].content

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"<{_lower(tokens[idx].tag)}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"</{_lower(tokens[idx].tag)}>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f'<a href="{escape(tokens[idx].attrGet("href"))}" target="_blank">'


def _lower(tag: str) -> str:
    return f"h{min(int(tag[1]) + 2, 6)}"


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer)
    made.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])
    made.inline.ruler.before("escape", "formula", _inline_formula)
    made.block.ruler.before("fence", "formula", _formula_block, {"alt": ["paragraph", "blockquote", "list"]})
    return made


_MARKDOWN = _made()
