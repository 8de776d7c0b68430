import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlflow_core.plugin_api import Message, OutputView, TaskView, ValidationError
from rlflow_plugins.task_types.reasoning import Reasoning
from rlflow_plugins.task_types.reasoning.schemas import SPLITS
from rlflow_plugins.task_types.reasoning.steps import MAX_STEPS, split

CONTENT = {
    "prompt": "Find $x$ with $x^2 = 4$ for $5 and $6 <b>.",
    "reference_answer": "2",
    "reference_solution": "Take \\(\\sqrt 4\\).",
    "expected_behavior": "Both roots.",
    "evaluation_criteria": "Each step by itself.",
}
SOLUTION = "We want $x^2=4$.\n\n\\[\nx = \\pm 2\n\\]\nSo 2*3*4 costs $5 and $6.\n#### 2 or -2\n"


def view(**content):
    return TaskView(id="t1", version=1, content=content)


def parts(text, split_by="lines"):
    return [(segment.kind, segment.text) for segment in split(text, split_by)]


def steps(text, split_by="lines"):
    return [text for kind, text in parts(text, split_by) if kind == "step"]


def output_of(text, **config):
    return OutputView(id="o", text=text, segments=tuple(Reasoning(config).segments({}, text)))


def shown(page):
    return unescape(re.sub(r"<[^>]*>", "", page))


def test_the_example_content_is_valid_and_its_answers_have_steps_and_a_final_answer():
    loaded = Reasoning().CONTENT_SCHEMA().load(dict(Reasoning.example_content))
    assert loaded == Reasoning.example_content
    for text in Reasoning.example_outputs:
        kinds = [kind for kind, _ in parts(text)]
        assert kinds == ["step", "step", "step", "answer"]


@pytest.mark.parametrize("content", [{}, {"prompt": ""}, {"prompt": "x", "hint": "y"}, {"prompt": 3}])
def test_content_that_does_not_fit_is_refused(content):
    with pytest.raises(ValidationError):
        Reasoning().CONTENT_SCHEMA().load(content)


def test_a_rule_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError):
        Reasoning({"split_by": "words"})


def test_models_see_the_prompt_alone():
    assert list(Reasoning().messages(CONTENT)) == [Message("user", CONTENT["prompt"])]


def test_a_project_starts_with_steps_and_a_reward():
    choices = [(choice.name, choice.key) for choice in Reasoning.default_reward_schemas]
    assert choices == [("steps", "steps"), ("reward", "scalar")]


def test_lines_are_steps_and_blank_ones_belong_to_the_step_before():
    assert parts("One.\n\nTwo.\n  more\n") == [("step", "One.\n\n"), ("step", "Two.\n"), ("step", "  more\n")]


def test_paragraphs_are_steps():
    assert steps("One.\nstill one.  \n \nTwo.\n\n\nThree.", "paragraphs") == [
        "One.\nstill one.  \n \n",
        "Two.\n\n\n",
        "Three.",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Step 1: a\nmore\nStep 2: b", ["Step 1: a\nmore\n", "Step 2: b"]),
        ("1. a\n2) b\n(3) c", ["1. a\n", "2) b\n", "(3) c"]),
        ("Let us go.\n**Step 1**\na\n### Step 2\nb", ["Let us go.\n", "**Step 1**\na\n", "### Step 2\nb"]),
        ("no number\nat all", ["no number\n", "at all"]),
        ("1.5 is more\nthan 1", ["1.5 is more\n", "than 1"]),
    ],
)
def test_numbers_begin_steps_and_without_any_lines_do(text, found):
    assert steps(text, "numbered") == found


def test_sentences_are_steps_and_neither_decimals_nor_abbreviations_end_one():
    text = "Mr. X has 3.5 kg, e.g. Apples. He eats 2. Then 1.5 are left! Why?\nSo."
    assert steps(text, "sentences") == [
        "Mr. X has 3.5 kg, e.g. Apples. ",
        "He eats 2. ",
        "Then 1.5 are left! ",
        "Why?\n",
        "So.",
    ]


@pytest.mark.parametrize("split_by", ["lines", "paragraphs"])
@pytest.mark.parametrize(
    "whole",
    ["\\[\nx\n\n= 1\n\\]", "$$\na\n\nb\n$$", "```\nx\n\ny\n```", "\\begin{align}\na\n\nb\n\\end{align}"],
)
def test_formulas_and_fences_are_not_torn(whole, split_by):
    assert whole in "\0".join(steps(f"First.\n\n{whole}\n\nLast.", split_by))


@pytest.mark.parametrize(
    "answer",
    [
        "#### 42",
        "A: 18",
        "Answer: (B)",
        "**Final answer:** $x=2$",
        "The final answer: 7",
        "answer = 3",
        "#### 42\n\n",
    ],
)
def test_the_last_line_may_be_the_final_answer(answer):
    assert parts(f"One.\n{answer}") == [("step", "One.\n"), ("answer", answer)]


@pytest.mark.parametrize(
    "line", ["A total of 4", "Answering: no", "The answer is obtained by adding.", "####", "As: 3"]
)
def test_other_last_lines_are_steps(line):
    assert [kind for kind, _ in parts(f"One.\n{line}")] == ["step", "step"]


def test_an_answer_in_the_middle_is_a_step():
    assert [kind for kind, _ in parts("#### 4\nMore.")] == ["step", "step"]


def test_an_answer_may_stand_alone():
    assert parts("\n #### 5") == [("answer", "\n #### 5")]


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_output_has_no_segments(text):
    assert list(Reasoning().segments({}, text)) == []


@given(
    text=st.text(alphabet=st.sampled_from("aA1.\n #*$\\[]:`~ é😀"), max_size=120),
    split_by=st.sampled_from(list(SPLITS)),
)
def test_every_character_is_in_exactly_one_segment(text, split_by):
    segments = list(Reasoning({"split_by": split_by}).segments({}, text))
    assert [segment.index for segment in segments] == list(range(len(segments)))
    assert "".join(segment.text for segment in segments) == (text if text.strip() else "")
    assert all(segment.kind == "step" for segment in segments[:-1])


@pytest.mark.parametrize("split_by", SPLITS)
@pytest.mark.parametrize(
    "unit", ["x.\n", "\\[", "$$", "```\n", "\\begin{a}", "###", "1. ", ". A", '."', "A: ", " \n", "\n", "a"]
)
def test_a_million_characters_become_a_bounded_number_of_steps(split_by, unit):
    text = f"x{unit * (1_000_000 // len(unit))}"
    found = list(split(text, split_by))
    assert len(found) <= MAX_STEPS + 1
    assert "".join(segment.text for segment in found) == text


def test_the_task_draws_mathematics_keeps_prices_and_hides_the_reference(render):
    page = render(Reasoning(), "task.html", task=view(**CONTENT))
    assert page.count("<math") == 2
    assert "for $5 and $6 &lt;b&gt;." in page
    assert "Both roots." in page
    assert "<details" not in page


def test_config_shows_the_reference_folded(render):
    page = render(Reasoning({"show_reference": True}), "task.html", task=view(**CONTENT))
    assert page.index("<details") < page.index("<msqrt>")


def test_an_output_shows_numbered_steps_and_its_final_answer(render):
    page = render(Reasoning(), "output.html", task=view(prompt="x"), output=output_of(SOLUTION))
    assert re.findall(r'<li data-n="(\d+)">', page) == ["1", "2", "3"]
    assert 'display="block"' in page
    assert "So 2*3*4 costs $5 and $6." in page
    assert "2 or -2</b>" in page


def test_an_output_stored_without_segments_is_shown_whole(render):
    page = render(
        Reasoning(), "output.html", task=view(prompt="x"), output=OutputView(id="o", text="a\n<b> $x$")
    )
    assert "a\n&lt;b&gt; <math" in page
    assert "<ol" not in page


def test_an_empty_output_says_so(render):
    page = render(Reasoning(), "output.html", task=view(prompt="x"), output=output_of(" \n"))
    assert "empty answer" in page


def test_a_huge_output_is_shown_without_drawing_its_formulas(render):
    page = render(Reasoning(), "output.html", task=view(prompt="x"), output=output_of("$x$\n" * 250_000))
    assert "<math" not in page
    assert page.count("<li") == MAX_STEPS


def test_real_solutions_have_their_lines_as_steps_and_their_answer_as_answer(shared_data):
    file = shared_data / "gsm8k_model_solutions" / "problems.jsonl"
    outputs = [
        one for line in file.read_text(encoding="utf-8").splitlines() for one in json.loads(line)["outputs"]
    ]
    answered = [one for one in outputs if re.search(r"^A: \S", one["solution"], re.MULTILINE)]
    assert len(answered) > 1100
    for one in answered:
        found = list(split(one["solution"], "lines"))
        assert found[-1].kind == "answer"
        assert found[-1].text.strip() == one["solution"].strip().split("\n")[-1]
        assert len(found) == len([line for line in one["solution"].split("\n") if line.strip()])


def test_steps_are_stored_once_and_a_later_rule_does_not_number_them_anew(sqlite_cast):
    alice = sqlite_cast.as_(sqlite_cast.alice)
    project = alice.post("/api/v1/projects", json={"name": "P", "task_type": "reasoning"}).json
    task = {"project": project["id"], "content": {"prompt": "x"}, "outputs": ["One. Two.\nThree.\n#### 3"]}
    made = alice.post("/api/v1/tasks", json=task).json
    changed = alice.put(
        f"/api/v1/projects/{project['id']}",
        json={"task_type": {"key": "reasoning", "config": {"split_by": "sentences"}}, "revision": 1},
    )
    assert changed.status_code == 200, changed.json
    later = alice.post(f"/api/v1/tasks/{made['id']}/outputs", json={"outputs": ["One. Two.\nThree.\n#### 3"]})
    assert later.status_code == 201, later.json
    stored = alice.get(f"/api/v1/tasks/{made['id']}/outputs").json["items"]
    texts = [[(segment["kind"], segment["text"]) for segment in one["segments"]] for one in stored]
    assert texts == [
        [("step", "One. Two.\n"), ("step", "Three.\n"), ("answer", "#### 3")],
        [("step", "One. "), ("step", "Two.\n"), ("step", "Three.\n"), ("answer", "#### 3")],
    ]
