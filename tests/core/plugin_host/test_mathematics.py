"""Mathematics in texts: formulas become MathML that is rebuilt from known elements, prices stay prices."""

import json
import re
from pathlib import Path

import pytest

from rlflow_core.plugin_host.rendering import mathematics
from rlflow_core.plugin_host.rendering.mathematics import ATTRIBUTES, MAX_LATEX, TAGS, formulas, mathml


def found(text: str) -> list[str]:
    return [formula.latex for formula in formulas(text)]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("$x^2$ and $y$.", ["x^2", "y"]),
        (r"\(a\) then \[b\] and $$c$$", ["a", "b", "c"]),
        ("$2x = 6$, so $x=3$", ["2x = 6", "x=3"]),
        ("**$x$** and ($y$) and $n$-th", ["x", "y", "n"]),
        (r"$\text{area of it} = 3$", [r"\text{area of it} = 3"]),
        (r"\$5 and $6$", ["6"]),
        ("$5 + 3 = 8$", ["5 + 3 = 8"]),
        (r"\[ a \\[2pt] b \]", [r"a \\[2pt] b"]),
    ],
)
def test_formulas_are_found_in_all_four_delimiters(text: str, latex: list[str]) -> None:
    assert found(text) == latex


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $6",
        "It costs $68 per dozen, 2 dozen for $80.",
        "I paid $5, he paid 6$.",
        "US$5 and US$6",
        "3 x $2=$<<3*2=6>>6",
        "$5-$10",
        "($5) ($6)",
        "(cost: $5/$6)",
        "$3.50+$2.50=$6",
        "$HOME/bin:$PATH",
        "a$b$c",
        "costs 5$, 6$ and 7$",
        "$$\nx\n\n$$",
        "$ x $",
        "$$",
        "\\[ never closed",
    ],
)
def test_prices_and_loose_signs_are_no_formulas(text: str) -> None:
    assert found(text) == []
    assert mathematics(text) == text.replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{1}{2}",
        r"\sqrt[3]{x}",
        r"\sum_{i=1}^{n} i^2",
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"\begin{cases}x&y\\z&w\end{cases}",
        r"\begin{aligned}a&=b\\c&=d\end{aligned}",
        r"\boxed{42}",
        r"\{a\}",
        r"\mathbb{R}",
        r"\text{5\% of \$4}",
        r"\left(\frac{a}{b}\right)",
    ],
)
def test_what_people_write_is_understood(latex: str) -> None:
    drawn = mathml(latex, is_display=True)
    assert drawn is not None
    assert drawn.startswith('<math display="block">')


def test_aligned_lines_get_no_numbers_that_nobody_wrote() -> None:
    assert "(1)" not in (mathml(r"\begin{align}a&=b\\c&=d\end{align}", is_display=True) or "")


def test_a_name_stands_apart_from_the_letters_beside_it() -> None:
    assert '<mspace width="0.167em"></mspace><mi>log</mi><mspace' in (
        mathml(r"n \log n", is_display=False) or ""
    )


@pytest.mark.parametrize(
    "latex", ["", " ", r"\frac{1", r"\left( a", r"\nonesuch{x}", "}", "x_", r"x & y", "{" * 900]
)
def test_what_is_malformed_is_none(latex: str) -> None:
    assert mathml(latex, is_display=False) is None


def test_malformed_mathematics_stays_as_it_was_written() -> None:
    assert mathematics(r"So \(\frac{1\) and <b>") == r"So \(\frac{1\) and &lt;b&gt;"


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(//a.example)}{y}",
        r"\class{rl-nav}{y}",
        r"\color{red}x",
        r"\text{&lt;img src=x onerror=alert(1)&gt;}",
        r"x<script>",
        r'\mathrm{"onload="x}',
        r"\rule{1cm}{2cm}",
    ],
)
def test_only_known_elements_and_attributes_come_out(latex: str) -> None:
    page = str(mathml(latex, is_display=False) or "")
    assert set(re.findall(r"<\s*/?([\w-]+)", page)) <= TAGS
    names = {name for tag in re.findall(r"<[^>]*>", page) for name in re.findall(r'\s([\w-]+)="', tag)}
    assert names <= ATTRIBUTES


def test_only_so_much_of_a_text_is_drawn() -> None:
    text = "$x_1 + y_2$ " * 5000
    assert 0 < sum(len(formula.latex) for formula in formulas(text)) <= MAX_LATEX


@pytest.mark.parametrize("unit", ["\\[", "\\(", "$$", "$a", "$$a ", "\\[a", "$a b ", "\\", "$", "\\begin{a}"])
def test_a_million_characters_of_openings_are_no_formula(unit: str) -> None:
    # As a quadratic search this would not end.
    assert len(found(unit * (1_000_000 // len(unit)))) <= MAX_LATEX


def test_no_price_of_a_thousand_school_problems_is_taken_for_a_formula(shared_data: Path) -> None:
    file = shared_data / "gsm8k_model_solutions" / "problems.jsonl"
    problems = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    texts = [problem["question"] for problem in problems]
    texts += [output["solution"] for problem in problems for output in problem["outputs"]]
    assert len(texts) == 1500
    assert [text for text in texts if "$" in text and found(text)] == []
