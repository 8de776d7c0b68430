import pytest

from rlflow_core.plugin_api import GenerationRequest, Message, ProviderError
from rlflow_plugins.llm_providers.echo import Echo

QUESTION = Message("user", "Why is the sky\nblue?")


def request(model="echo-1", messages=(QUESTION,), seed=None, **parameters):
    return GenerationRequest(model=model, messages=tuple(messages), parameters=parameters, seed=seed)


def answer(asked):
    return "".join(chunk.text for chunk in Echo().GENERATE(asked))


def test_the_same_request_gets_the_same_answer():
    assert list(Echo().GENERATE(request())) == list(Echo().GENERATE(request()))


def test_the_models_answer_differently():
    assert Echo().models() == ["echo-1", "echo-2"]
    assert len({answer(request(model)) for model in Echo().models()}) == 2


def test_the_last_user_message_is_answered():
    messages = [Message("user", "First?"), Message("assistant", "Yes."), QUESTION]
    assert answer(request(messages=messages)) == "You asked: Why is the sky\nblue?"


def test_seeds_give_answers_that_differ():
    assert len({answer(request(seed=seed)) for seed in (None, 0, 1)}) == 3


def test_the_answer_comes_in_pieces_and_the_last_one_carries_the_usage():
    chunks = list(Echo().GENERATE(request()))
    assert len(chunks) > 2
    assert all(chunk.usage is None and chunk.finish_reason is None for chunk in chunks[:-1])
    assert chunks[-1].finish_reason == "stop"
    assert chunks[-1].usage.prompt_tokens == 5
    assert chunks[-1].usage.completion_tokens > 0


def test_a_prefix_comes_first_and_unknown_parameters_are_ignored():
    assert answer(request(prefix="Hm. ", temperature=0.7)).startswith("Hm. You asked:")


def test_max_tokens_cuts_the_answer_and_says_so():
    chunks = list(Echo().GENERATE(request(max_tokens=3)))
    assert "".join(chunk.text for chunk in chunks) == "You asked: Why"
    assert (chunks[-1].finish_reason, chunks[-1].usage.completion_tokens) == ("length", 3)


def test_an_empty_question_is_answered():
    assert answer(request(messages=[Message("user", "")])) == "You asked: "


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (request(model="echo-9"), "There are: echo-1, echo-2"),
        (request(messages=[Message("system", "Be kind.")]), "no user message"),
        (request(messages=[]), "no user message"),
        (request(prefix=3), "prefix"),
        (request(max_tokens=0), "max_tokens"),
        (request(max_tokens="many"), "max_tokens"),
        (request(max_tokens=True), "max_tokens"),
    ],
)
def test_what_cannot_be_answered_is_refused_for_good(asked, text):
    with pytest.raises(ProviderError, match=text) as refusal:
        list(Echo().GENERATE(asked))
    assert refusal.value.retryable is False
