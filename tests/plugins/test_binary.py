import re

import pytest

from rlflow_core.plugin_api import ValidationError
from rlflow_plugins.reward_schemas.binary import Binary


def load(*verdicts):
    return Binary.RESPONSE_SCHEMA().load(
        {"verdicts": [{"output": output, "verdict": verdict} for output, verdict in verdicts]}
    )


def refusal(schema, response, task, outputs):
    with pytest.raises(ValidationError) as raised:
        schema.check(response, task, outputs)
    return raised.value.normalized_messages()["verdicts"]


def checked(page):
    radios = re.findall(r'<input type="radio"[^>]*>', page)
    return [
        (re.search('name="asked.([^"]*)"', radio)[1], re.search('value="([^"]*)"', radio)[1])
        for radio in radios
        if " checked" in radio
    ]


@pytest.mark.parametrize("config", [{"desirable_label": ""}, {"question": ""}, {"labels": 2}])
def test_a_config_that_does_not_fit_is_refused(config):
    with pytest.raises(ValidationError):
        Binary(config)


@pytest.mark.parametrize(
    "row",
    [
        {"verdict": "desirable"},
        {"output": "1", "verdict": "good"},
        {"output": "1", "verdict": True},
        {"output": 1, "verdict": "desirable"},
        {"output": "1", "verdict": "desirable", "why": ""},
    ],
)
def test_a_malformed_verdict_is_refused(row):
    with pytest.raises(ValidationError):
        Binary.RESPONSE_SCHEMA().load({"verdicts": [row]})


def test_each_output_gets_one_label_with_its_value(task, outputs):
    response = load(("1", "undesirable"), ("out-a", "desirable"))
    Binary().check(response, task, outputs)
    signals = list(Binary().SIGNALS(response, task, outputs))
    assert [(s.output, s.kind, s.dimension, s.label, s.value) for s in signals] == [
        ("out-b", "label", "verdict", "undesirable", 0.0),
        ("out-a", "label", "verdict", "desirable", 1.0),
    ]


def test_unsure_has_no_value_and_must_be_offered(task, outputs):
    response = load(("1", "unsure"), ("2", "desirable"))
    assert "not offered" in refusal(Binary(), response, task, outputs)[0]["verdict"][0]
    schema = Binary({"allow_unsure": True})
    schema.check(response, task, outputs)
    assert [(s.label, s.value) for s in schema.SIGNALS(response, task, outputs)] == [
        ("unsure", None),
        ("desirable", 1.0),
    ]


@pytest.mark.parametrize("output", ["out-c", "0", "A"])
def test_a_verdict_on_another_output_is_refused(output, task, outputs):
    messages = refusal(Binary(), load(("1", "desirable"), (output, "desirable")), task, outputs)
    assert "It has: out-b, out-a" in messages[1]["output"][0]


def test_a_second_verdict_on_an_output_is_refused(task, outputs):
    messages = refusal(Binary(), load(("1", "desirable"), ("out-b", "desirable")), task, outputs)
    assert "twice" in messages[1]["output"][0]


def test_missing_verdicts_are_named_unless_none_is_required(task, outputs):
    response = load(("1", None), ("2", "desirable"))
    assert refusal(Binary(), response, task, outputs) == ["Not judged yet: A."]
    schema = Binary({"required": False})
    schema.check(response, task, outputs)
    assert [signal.output for signal in schema.SIGNALS(response, task, outputs)] == ["out-a"]


def test_an_item_without_outputs_is_refused_and_says_so(render_widget, task):
    assert "no output" in refusal(Binary(), load(), task, ())[0]
    assert "no output to judge" in render_widget(Binary(), ())


@pytest.mark.parametrize(
    ("unsure", "labels"),
    [(False, ("desirable", "undesirable")), (True, ("desirable", "undesirable", "unsure"))],
)
def test_the_dimension_lists_the_labels_on_offer(unsure, labels):
    schema = Binary({"allow_unsure": unsure})
    (dimension,) = schema.DIMENSIONS(schema.config)
    assert (dimension.labels, dimension.level, dimension.per) == (labels, "nominal", "output")


def test_the_example_fits(task, outputs):
    Binary().check(Binary.RESPONSE_SCHEMA().load(Binary.example_response), task, outputs)


def test_the_widget_asks_about_each_output_with_the_words_of_the_config(render_widget, outputs):
    schema = Binary({"desirable_label": "Ship <it>", "allow_unsure": True})
    page = render_widget(schema, outputs)
    assert page.count("<span>Ship &lt;it&gt;</span>") == page.count("<span>Unsure</span>") == 2
    assert re.findall(r'data-key="(.)"', page) == ["1", "2", "3"] * 2
    assert checked(page) == []
    assert page.strip().startswith("<fieldset")
    assert not re.search("<form|<script|style=", page)


@pytest.mark.parametrize("name", ["out-a", "2"])
def test_drafts_and_stored_responses_are_shown_as_given(render_widget, outputs, name):
    response = {"verdicts": [{"output": "out-b"}, {"output": name, "verdict": "undesirable"}]}
    page = render_widget(Binary(), outputs, response=response, readonly=True)
    assert checked(page) == [("verdicts.1.verdict", "undesirable")]
    assert page.count(" disabled") == 4


def test_errors_stand_at_their_output_or_at_the_question(render_widget, outputs):
    page = render_widget(Binary(), outputs, errors={"verdicts": {1: {"verdict": ["No."]}}})
    assert 'id="asked-verdicts-1-error" role="alert">No.</p>' in page
    page = render_widget(Binary(), outputs, errors={"verdicts": ["Not judged yet: A."]})
    assert 'id="asked-verdicts-error" role="alert">Not judged yet: A.</p>' in page
