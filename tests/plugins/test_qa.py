import pytest

from rlflow_core.plugin_api import Message, OutputView, TaskView, ValidationError
from rlflow_plugins.task_types.qa import Qa

CONTENT = {
    "prompt": "Who?\nAnd <when>?",
    "context": "A passage.",
    "reference_answer": "Ada, in 1843",
    "expected_behavior": "Names both.",
    "evaluation_criteria": "Facts first.",
}


def view(**content):
    return TaskView(id="t1", version=1, content=content)


def test_the_example_content_is_valid():
    assert Qa().CONTENT_SCHEMA().load(dict(Qa.example_content)) == Qa.example_content


def test_context_and_reference_may_be_left_out():
    loaded = Qa().CONTENT_SCHEMA().load({"prompt": "Who?"})
    assert (loaded["context"], loaded["reference_answer"]) == ("", "")


@pytest.mark.parametrize("content", [{}, {"prompt": ""}, {"prompt": "Who?", "hint": "x"}, {"prompt": 3}])
def test_content_that_does_not_fit_is_refused(content):
    with pytest.raises(ValidationError):
        Qa().CONTENT_SCHEMA().load(content)


def test_the_context_comes_before_the_prompt_in_one_user_message():
    assert list(Qa().messages(CONTENT)) == [Message("user", "A passage.\n\nWho?\nAnd <when>?")]


@pytest.mark.parametrize("content", [{"prompt": "Who?"}, {"prompt": "Who?", "context": "  \n"}])
def test_without_context_the_prompt_stands_alone(content):
    assert list(Qa().messages(content)) == [Message("user", "Who?")]


def test_models_never_see_the_reference_answer():
    assert "1843" not in "".join(message.content for message in Qa().messages(CONTENT))


def test_a_project_starts_with_a_preference_and_a_rationale():
    choices = [(choice.name, choice.key) for choice in Qa.default_reward_schemas]
    assert choices == [("preference", "pairwise"), ("rationale", "rationale")]


def test_the_task_shows_prompt_context_and_criteria_and_hides_the_reference(render):
    page = render(Qa(), "task.html", task=view(**CONTENT))
    assert "Who?<br>\nAnd &lt;when&gt;?" in page
    assert all(part in page for part in ("A passage.", "Names both.", "Facts first."))
    assert "1843" not in page


def test_config_shows_the_reference_and_hides_the_context(render):
    page = render(Qa({"show_context": False, "show_reference": True}), "task.html", task=view(**CONTENT))
    assert "Ada, in 1843" in page
    assert "A passage." not in page


def test_a_task_with_only_a_prompt_has_no_empty_headings(render):
    page = render(Qa({"show_reference": True}), "task.html", task=view(prompt="Who?"))
    assert "<h2" not in page
    assert "<section" not in page


def test_an_output_is_markdown_that_keeps_its_line_breaks_and_is_escaped(render):
    output = OutputView(id="o", text="**One.**\nAnd one.\n\n<b>Two.</b>")
    page = render(Qa(), "output.html", task=view(prompt="Who?"), output=output)
    assert "<strong>One.</strong><br>\nAnd one." in page
    assert "&lt;b&gt;Two.&lt;/b&gt;" in page


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_output_says_so(render, text):
    page = render(Qa(), "output.html", task=view(prompt="Who?"), output=OutputView(id="o", text=text))
    assert "empty answer" in page
    assert "rl-prose" not in page
