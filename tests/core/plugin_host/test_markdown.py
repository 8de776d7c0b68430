"""Markdown as HTML: what people write is shown, and nothing of it acts."""

import re

import pytest

from rlflow_core.plugin_host.rendering import markdown
from rlflow_core.plugin_host.rendering.markdown import MAX_MARKDOWN

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://elsewhere.example/seen.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    '[x](https://a.example "t\\" onmouseover=alert(1)")',
    "<https://a.example/\"onmouseover='x'>",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    '```"><script>\nx\n```',
    "$\\text{</math><script>alert(1)</script>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\style{color:red}{x}$$",
    "<style>body{display:none}</style>",
    "<svg/onload=alert(1)>",
    "| a |\n|---|\n| <iframe src=x> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href=x style=position:fixed>x</a>",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_that_acts_comes_out(text: str) -> None:
    page = str(markdown(text))
    tags = set(re.findall(r"<\s*/?([a-z0-9-]+)", page))
    assert not tags & {"script", "img", "style", "svg", "iframe", "object", "form", "input"}
    inside_tags = " ".join(re.findall(r"<[^>]*>", page))
    assert not re.search(
        r"\son\w+\s*=|\sstyle\s*=|javascript:|vbscript:|data:text", inside_tags, re.IGNORECASE
    )


def test_links_open_elsewhere_and_tell_nobody_where_they_came_from() -> None:
    page = markdown("[docs](https://a.example/?q=1&r=2)")
    assert 'href="https://a.example/?q=1&amp;r=2"' in page
    assert 'target="_blank"' in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_headings_stand_below_those_of_the_page() -> None:
    assert markdown("# One\n\n###### Six") == "<h3>One</h3>\n<h6>Six</h6>\n"


def test_line_breaks_lists_tables_and_strikes_are_shown() -> None:
    page = markdown("a\nb\n\n1. x\n2. y\n\n| k | v |\n|---|---|\n| 1 | ~~2~~ |")
    assert "a<br>\nb" in page
    assert page.count("<li>") == 2
    assert "<td>1</td>" in page
    assert "<s>2</s>" in page


def test_code_in_fences_has_numbers_and_colours_in_the_language_named_or_that_of_the_task() -> None:
    named = markdown("```python\nreturn 1\n```")
    assert 'data-n="1"' in named
    assert '<span class="k">return</span>' in named
    assert '<span class="k">return</span>' in markdown("```\nreturn 1\n```", "python")
    assert "<span class=" not in markdown("```nonesuch\nreturn\n```").replace('<span class="l"', "")


def test_formulas_are_drawn_and_neither_prices_nor_code_are_formulas() -> None:
    page = markdown("So $x^2$ for $5 and $6, `$y$` and\n\n$$\na\n+ b\n$$\n")
    assert page.count("<math") == 2
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page
    assert "for $5 and $6, <code>$y$</code>" in page
    assert "<li>" not in page


@pytest.mark.parametrize("broken", ["\\(\\frac{1\\)", "\\[ \\nonesuch*a* \\]", "$\\left( a$", "$}$"])
def test_a_formula_that_is_not_understood_stays_as_written(broken: str) -> None:
    assert broken in markdown(f"So {broken} it is.").replace("&gt;", ">")


def test_a_character_that_turns_text_round_is_shown_by_its_number() -> None:
    page = markdown("safe \u202e not")
    assert 'data-code="U+202E"' in page
    assert "RIGHT-TO-LEFT OVERRIDE" in page


def test_a_very_long_text_is_shown_as_it_is_with_a_note() -> None:
    text = "*a* <b>\n" * (MAX_MARKDOWN // 8 + 1)
    page = markdown(text)
    assert "Shown as plain text" in page
    assert "*a* &lt;b&gt;\n" * 10 in page
    assert "<em>" not in page


def test_a_text_full_of_formulas_draws_only_so_many() -> None:
    page = markdown("$x_1 + y_2$\n\n" * 4000)
    assert 0 < page.count("<math") < 2000
    assert "$x_1 + y_2$" in page
