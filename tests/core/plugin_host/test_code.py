"""Code as numbered lines: nothing of it is lost, nothing of it acts, and no size of it stops the page."""

import html
import re
from itertools import count

import pytest

from rlflow_core.plugin_host.rendering import answer, code, difference
from rlflow_core.plugin_host.rendering.answer import continuation, is_prose
from rlflow_core.plugin_host.rendering.code import MAX_COLOURED, MAX_LINES, coloured_lines
from rlflow_core.plugin_host.rendering.difference import MAX_COMPARED

SOURCE = 'def f(x):\n    """Doc."""\n\n\treturn "<b>" + x  # \U0001f600 שלום\n'
NASTY = [
    SOURCE,
    "</pre></code><script>alert(1)</script>",
    "a\x07b\x1b[31m\x7f",
    "user\u202e\u2066nimda\u2069",
    "x" * 2000,
    "\t\tif True:\n\t\t\tpass",
    "\n\n\n",
    "'''never closed\n\"\"\"",
    "&amp; &lt; \\u003c",
]


def shown(page: str) -> str:
    """The text of a block as a browser copies it: numbers are attributes, so they are not in it."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def tags(page: str) -> set[str]:
    return set(re.findall(r"<\s*/?([a-z0-9]+)", page))


@pytest.mark.parametrize(
    "language",
    [
        "python",
        "javascript",
        "typescript",
        "java",
        "c",
        "cpp",
        "csharp",
        "go",
        "rust",
        "sql",
        "bash",
        "ruby",
        "php",
        "other",
        "",
        "nonesuch",
    ],
)
@pytest.mark.parametrize("text", NASTY)
def test_every_character_is_shown_once_and_none_acts(text: str, language: str) -> None:
    page = str(code(text, language))
    assert shown(page) == text.removesuffix("\n") + "\n"
    assert tags(page) <= {"pre", "code", "span", "bdi"}
    assert " style=" not in page


def test_lines_have_numbers_and_indents_and_tokens_have_classes() -> None:
    page = code("if x:\n    return 1\n", "python", 7)
    assert '<span class="l" data-n="7"><span class="k">if</span>' in page
    assert '<span class="l i4" data-n="8">' in page
    assert 'tabindex="0"' in page
    assert 'aria-label="Code"' in page


def test_a_language_that_nobody_knows_has_numbers_and_no_colours() -> None:
    page = code("if x:", "other")
    assert page.count("<span") == 1
    assert "rl-note" not in page


def test_what_nobody_sees_shows_its_number() -> None:
    page = code("a\u202eb\x1bc", "python")
    assert 'data-code="U+202E" title="U+202E RIGHT-TO-LEFT OVERRIDE"' in page
    assert 'data-code="U+001B"' in page


def test_code_too_long_for_colours_says_so_and_keeps_its_numbers() -> None:
    page = code("x = 1\n" * (MAX_COLOURED // 6 // 2 * 3), "python")
    assert "Shown without colours" not in code("x = 1\n" * 10, "python")
    assert "Shown" in page
    assert '<span class="n">' not in page


@pytest.mark.parametrize("text", ["x\n" * 100_000, "y = 2  # " * 120_000])
def test_a_hundred_thousand_lines_or_a_million_characters_are_plain_text(text: str) -> None:
    page = str(code(text, "python"))
    assert "Shown as plain text" in page
    assert page.count("<span") == 0
    assert len(page) < len(text) + 1000


def test_lines_up_to_the_limit_are_numbered() -> None:
    assert code("x\n" * MAX_LINES, "other").count('class="l"') == MAX_LINES
    assert code("x\n" * (MAX_LINES + 1), "other").count('class="l"') == 0


def test_colouring_stops_when_its_time_is_over() -> None:
    ticks = count()
    assert coloured_lines("x = 1\n" * 1000, "python", clock=lambda: next(ticks) * 0.01) is None
    # It asked the clock once per token until the time was over, not once for each of the thousands there are.
    assert next(ticks) < 50


def test_an_answer_in_prose_is_markdown_and_code_alone_is_code() -> None:
    prose = "I sort first, then compare neighbours.\n\n```python\nreturn 1\n```\n"
    assert "<p>I sort first" in answer(prose, "python")
    assert '<pre class="rl-code"' in answer(prose, "python")
    assert answer("return 1", "python").startswith('<pre class="rl-code"')


@pytest.mark.parametrize(
    "text",
    [
        "I cannot help with that request, sorry.",
        "Use a set:\n~~~\nset(x)\n~~~",
        "1. Sort the list\n2. Compare each pair\n",
    ],
)
def test_prose_is_known(text: str) -> None:
    assert is_prose(text)


@pytest.mark.parametrize(
    "text",
    [SOURCE, "x", "SELECT a FROM b;", "``````.join(map(str, s))", "# One comment here only\nx = 1", ""],
)
def test_code_is_known(text: str) -> None:
    assert not is_prose(text)


def test_lines_that_repeat_the_task_are_folded_and_numbers_go_on() -> None:
    given = "def f(x):\n    '''Doc.'''\n"
    page = answer(f"{given}    return x\n", "python", given)
    assert "Lines 1–2 repeat the task" in page
    assert shown(page).endswith("    return x\n")
    assert 'data-n="3"' in page
    assert continuation("    return x\n", given).first == 3
    assert continuation("def g(): pass\n", given).first == 1
    assert continuation(given, given).repeated == ""


def test_a_difference_marks_each_side_in_words_and_numbers() -> None:
    page = difference("a = 1\nb = 2\n", "a = 1\nb = 3\nc = 4\n", "python")
    assert page.count("<del") == 1
    assert page.count("<ins") == 2
    assert 'data-mark="− A" title="only in A"' in page
    assert 'data-mark="+ B" title="only in B"' in page
    assert 'data-n="1" data-m="1"' in page


def test_equal_lines_far_from_a_change_are_counted_not_shown() -> None:
    lines = [f"line {number}\n" for number in range(40)]
    page = difference("".join(lines), "".join([*lines[:20], "new\n", *lines[21:]]))
    assert "17 equal lines" in page
    assert "16 equal lines" in page
    assert "line 3\n" not in shown(page)
    assert "line 19\n" in shown(page)


def test_equal_answers_are_said_to_be_equal_also_where_one_repeats_the_task() -> None:
    given = "def f(x):\n    pass_on\n"
    assert "A and B are equal." in difference(f"{given}    return x", "    return x", given=given)


def test_long_answers_are_not_compared() -> None:
    page = difference("a\n" * (MAX_COMPARED + 1), "b\n")
    assert "too long to compare" in page
    assert "<del" not in page


@pytest.mark.parametrize("text", NASTY)
def test_a_difference_escapes_both_sides(text: str) -> None:
    page = str(difference(text, f"{text}\nx", "python"))
    assert tags(page) <= {"pre", "code", "span", "bdi", "ins", "del", "p"}
