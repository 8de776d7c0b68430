import json
import re
from html import unescape

import pytest

from rlflow_core.plugin_api import Message, OutputView, TaskView, ValidationError
from rlflow_plugins.task_types.coding import Coding
from rlflow_plugins.task_types.coding.schemas import LANGUAGES

STARTER = "def add(a, b):\n    '''Adds <two>.'''\n"
CONTENT = {
    "prompt": "Complete the **function**.\n\n<script>alert(1)</script>",
    "language": "python",
    "entry_point": "add",
    "starter_code": STARTER,
    "tests": "assert add(1, 2) == 3\n",
    "reference_solution": "    return sum((a, b))\n",
    "expected_behavior": "Adds.",
    "evaluation_criteria": "Correctness & style.",
}
ANSWERS = ("    return a + b\n", f"{STARTER}    return b + a\n")


def view(**content):
    return TaskView(id="t1", version=1, content=content)


def outputs(*texts):
    return tuple(OutputView(id=f"o{n}", text=text, index=n, position=n) for n, text in enumerate(texts))


def shown(page):
    return unescape(re.sub(r"<[^>]*>", "", page))


def test_the_example_content_is_valid_and_its_answers_differ():
    assert Coding().CONTENT_SCHEMA().load(dict(Coding.example_content)) == Coding.example_content
    assert len(set(Coding.example_outputs)) == 2


def test_a_prompt_is_enough():
    loaded = Coding().CONTENT_SCHEMA().load({"prompt": "Sort a list."})
    assert (loaded["language"], loaded["tests"], loaded["starter_code"]) == ("python", "", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_taken(language):
    assert Coding().CONTENT_SCHEMA().load({"prompt": "x", "language": language})["language"] == language


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"prompt": ""},
        {"prompt": "x", "language": "klingon"},
        {"prompt": "x", "hint": "y"},
        {"prompt": "x", "tests": ["a"]},
    ],
)
def test_content_that_does_not_fit_is_refused(content):
    with pytest.raises(ValidationError):
        Coding().CONTENT_SCHEMA().load(content)


def test_models_see_the_prompt_and_the_code_to_start_from_and_nothing_else():
    assert list(Coding().messages(CONTENT)) == [
        Message("user", f"{CONTENT['prompt']}\n\n```python\n{STARTER.rstrip()}\n```")
    ]


def test_a_fence_is_longer_than_any_in_the_code():
    (message,) = Coding().messages(
        {"prompt": "x", "starter_code": "'''\n```\n````\n'''", "language": "other"}
    )
    assert message.content.startswith("x\n\n`````\n")
    assert message.content.endswith("\n`````")


def test_without_code_the_prompt_stands_alone():
    assert list(Coding().messages({"prompt": "x", "starter_code": " \n"})) == [Message("user", "x")]


def test_a_project_starts_with_a_reward_and_a_rationale():
    choices = [(choice.name, choice.key) for choice in Coding.default_reward_schemas]
    assert choices == [("reward", "scalar"), ("rationale", "rationale")]


def test_the_task_shows_prose_code_tests_and_criteria_and_hides_the_reference(render):
    page = render(Coding(), "task.html", task=view(**CONTENT))
    assert "<strong>function</strong>" in page
    assert "<script>" not in page
    assert '<span class="k">def</span> <span class="nf">add</span>' in page
    assert all(
        part in shown(page)
        for part in ("add", "Python", "assert add(1, 2) == 3", "Adds.", "Correctness & style.")
    )
    assert "sum((a, b))" not in shown(page)


def test_config_shows_the_reference_folded_and_hides_the_tests(render):
    page = render(Coding({"show_tests": False, "show_reference": True}), "task.html", task=view(**CONTENT))
    assert "sum((a, b))" in shown(page[page.index("<details") :])
    assert "assert add" not in shown(page)
    assert 'type="radio"' not in page


def test_a_task_with_only_a_prompt_has_no_empty_parts(render):
    page = render(Coding({"show_reference": True}), "task.html", task=view(prompt="Sort."))
    assert not any(part in page for part in ("<h2", "<details", "<pre", 'type="radio"'))


def test_an_output_goes_on_with_the_numbers_of_the_code_it_completes(render):
    bare, whole = (
        render(Coding(), "output.html", task=view(**CONTENT), output=output) for output in outputs(*ANSWERS)
    )
    assert '<span class="l i4" data-n="3">' in bare
    assert '<span class="l i4" data-n="3">' in whole
    assert "Lines 1–2 repeat the task" in whole
    assert "repeat the task" not in bare


def test_an_output_in_prose_shows_its_fences_as_code(render):
    text = "Use a set, it is *faster*:\n\n```python\nreturn set(x)\n```"
    page = render(Coding(), "output.html", task=view(prompt="x"), output=outputs(text)[0])
    assert "<em>faster</em>" in page
    assert '<span class="k">return</span>' in page


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_output_says_so(render, text):
    page = render(Coding(), "output.html", task=view(prompt="x"), output=outputs(text)[0])
    assert "empty answer" in page
    assert "rl-code" not in page


def test_two_outputs_are_compared_without_what_both_repeat(render):
    page = render(Coding(), "comparison.html", task=view(**CONTENT), outputs=outputs(*ANSWERS))
    assert page.count("<del") == page.count("<ins") == 1
    assert "<details" not in page
    assert "Adds" not in shown(page)
    assert "− only in A, + only in B" in shown(page)


@pytest.mark.parametrize(
    ("count", "pairs"),
    [
        (2, ["AB"]),
        (3, ["AB", "AC", "BC"]),
        (4, ["AB", "AC", "AD", "BC", "BD", "CD"]),
        (5, ["AB", "BC", "CD", "DE"]),
    ],
)
def test_every_pair_of_a_few_is_compared_and_neighbours_of_many(render, count, pairs):
    texts = [f"x = {number}" for number in range(count)]
    page = render(Coding(), "comparison.html", task=view(prompt="x"), outputs=outputs(*texts))
    assert ["".join(pair) for pair in re.findall(r'aria-label="(\w) and (\w)"', page)] == pairs


def test_a_comparison_with_an_empty_answer_says_so(render):
    page = render(Coding(), "comparison.html", task=view(prompt="x"), outputs=outputs("x = 1", " "))
    assert "B is an empty answer." in shown(page)


def test_real_completions_are_shown_whole_with_one_numbering(render, shared_data):
    file = shared_data / "humaneval_outputs" / "problems.jsonl"
    problems = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for problem in problems[::8]:
        task = view(
            prompt="Complete it.", language="python", starter_code=problem["prompt"], tests=problem["test"]
        )
        given = len(problem["prompt"].rstrip().split("\n"))
        for output in outputs(*(one["code"] for one in problem["outputs"])):
            page = render(Coding(), "output.html", task=task, output=output)
            blocks = "".join(shown(block) for block in re.findall(r"<pre.*?</pre>", page, re.DOTALL))
            assert blocks.rstrip("\n") == output.text.rstrip("\n")
            numbers = [int(number) for number in re.findall(r'data-n="(\d+)"', page)]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert numbers[0] in (1, given + 1)
