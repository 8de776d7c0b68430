import re

import pytest

from rlflow_core.plugin_api import OutputView, Segment, ValidationError
from rlflow_plugins.reward_schemas.steps import Steps

STEPS = ("Toula bought 3 × 12 donuts.", "That is 35.", "So she paid $35.")
SOLUTION = OutputView(
    id="sol",
    text="\n".join(STEPS),
    index=0,
    position=0,
    segments=tuple(Segment(number, "step", text) for number, text in enumerate(STEPS)),
)
WHOLE = OutputView(id="whole", text="12", index=1, position=1, segments=(Segment(0, "turn", "12"),))
OUTPUTS = (SOLUTION, WHOLE)


def load(*rows):
    names = ("output", "index", "value", "note")
    return Steps.RESPONSE_SCHEMA().load({"steps": [dict(zip(names, row, strict=False)) for row in rows]})


def refusal(schema, response, task, outputs=OUTPUTS):
    with pytest.raises(ValidationError) as raised:
        schema.check(response, task, outputs)
    return raised.value.normalized_messages()["steps"]


def labels(schema, response, task, outputs=OUTPUTS):
    schema.check(response, task, outputs)
    found = schema.SIGNALS(response, task, outputs)
    return [(s.output, s.index, s.label, s.value) for s in found if s.kind == "step"]


def checked(page):
    radios = re.findall(r'<input type="radio"[^>]*>', page)
    return [
        (re.search('name="asked.([^"]*)"', radio)[1], re.search('value="([^"]*)"', radio)[1])
        for radio in radios
        if " checked" in radio
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"index": 0, "value": 1},
        {"output": "1", "index": -1, "value": 1},
        {"output": "1", "index": 0.5, "value": 1},
        {"output": "1", "index": 0, "value": 2},
        {"output": "1", "index": 0, "value": True},
        {"output": "1", "index": 0, "value": 0.5},
        {"output": "1", "index": 0, "value": 1, "note": 5},
        {"output": "1", "index": 0, "value": 1, "why": ""},
    ],
)
def test_a_malformed_label_is_refused(row):
    with pytest.raises(ValidationError):
        Steps.RESPONSE_SCHEMA().load({"steps": [row]})


def test_each_step_gets_its_label_in_the_order_of_the_steps(task):
    response = load(("2", None, 0), ("sol", 2, -1), ("1", 0, 1), ("1", 1, -1))
    assert labels(Steps(), response, task) == [
        ("sol", 0, "right", 1.0),
        ("sol", 1, "wrong", -1.0),
        ("sol", 2, "wrong", -1.0),
        ("whole", None, "neutral", 0.0),
    ]


def test_labels_end_with_the_first_wrong_step_where_it_is_so_configured(task):
    schema = Steps({"stop_after_first_wrong": True})
    needed = [("1", 0, 1), ("1", 1, -1), ("2", None, 1)]
    wanted = [("sol", 0, "right", 1.0), ("sol", 1, "wrong", -1.0), ("whole", None, "right", 1.0)]
    assert labels(schema, load(*needed), task) == wanted
    assert labels(schema, load(*needed, ("1", 2, 1)), task) == wanted
    assert refusal(schema, load(("1", 1, -1), ("2", None, 1)), task) == ["Not labelled yet: A 1."]
    assert refusal(Steps(), load(*needed), task) == ["Not labelled yet: A 3."]


def test_a_note_is_a_critique_of_its_step(task):
    response = load(("1", 0, 1, " "), ("1", 1, -1, "It is 36."), ("1", 2, -1), ("2", None, 1))
    notes = [s for s in Steps().SIGNALS(response, task, OUTPUTS) if s.kind == "critique"]
    assert [(s.dimension, s.output, s.index, s.text) for s in notes] == [("note", "sol", 1, "It is 36.")]
    without = Steps({"notes": False})
    assert all(s.kind == "step" for s in without.SIGNALS(response, task, OUTPUTS))


@pytest.mark.parametrize(("output", "index"), [("1", 3), ("1", None), ("2", 0)])
def test_a_step_that_is_not_there_is_refused(output, index, task):
    (message,) = refusal(Steps(), load((output, index, 1)), task)[0]["index"]
    assert "no such step" in message


def test_another_output_and_a_second_label_are_refused(task):
    assert "It has: sol, whole" in refusal(Steps(), load(("x", 0, 1)), task)[0]["output"][0]
    assert "twice" in refusal(Steps(), load(("1", 0, 1), ("sol", 0, 1)), task)[1]["index"][0]


def test_missing_labels_are_named_unless_none_is_required(task):
    assert refusal(Steps(), load(("1", 1, 1), ("1", 2, None)), task) == ["Not labelled yet: A 1, A 3, B."]
    assert labels(Steps({"required": False}), load(("1", 1, 1)), task) == [("sol", 1, "right", 1.0)]


def test_an_item_without_outputs_is_refused_and_says_so(render_widget, task):
    assert "no output" in refusal(Steps(), load(), task, ())[0]
    assert "no output" in render_widget(Steps(), ())


def test_the_dimensions_are_the_label_and_where_offered_the_note():
    label, note = Steps().DIMENSIONS(Steps().config)
    assert (label.labels, label.level, label.per) == (("wrong", "neutral", "right"), "ordinal", "segment")
    assert (note.kind, note.level) == ("critique", "none")
    schema = Steps({"notes": False})
    assert [dimension.name for dimension in schema.DIMENSIONS(schema.config)] == ["step"]


def test_the_example_is_about_the_first_steps_of_the_first_output(task):
    schema = Steps({"required": False})
    response = Steps.RESPONSE_SCHEMA().load(Steps.example_response)
    assert [index for _, index, _, _ in labels(schema, response, task)] == [0, 1]


def test_the_widget_shows_every_step_beside_its_labels_and_chooses_none(render_widget):
    page = render_widget(Steps({"question": "Right <or> wrong?"}), OUTPUTS)
    assert re.findall(r'<legend class="sr-only">([^<]*)<', page) == [
        "Step 1 of output A",
        "Step 2 of output A",
        "Step 3 of output A",
        "The whole of output B",
    ]
    assert all(text in page for text in STEPS)
    assert checked(page) == []
    assert re.findall(r'data-key="([^n"][^"]*)"', page)[:3] == ["- − 1", "0 2", "+ 3"]
    assert "Right &lt;or&gt; wrong?" in page
    assert page.strip().startswith("<fieldset")
    assert not re.search("<form|<script|style=", page)


def test_the_outputs_are_left_out_of_the_page_only_where_the_steps_are_all_of_them(render_widget):
    assert "data-shows-outputs" in render_widget(Steps(), (SOLUTION,))
    assert "data-shows-outputs" not in render_widget(Steps(), OUTPUTS)
    longer = OutputView(id="sol", text=f"{SOLUTION.text}\n#### 35", segments=SOLUTION.segments)
    assert "data-shows-outputs" not in render_widget(Steps(), (longer,))


@pytest.mark.parametrize("name", ["sol", "1"])
def test_drafts_and_stored_responses_are_shown_as_given(render_widget, name):
    response = {
        "steps": [
            {"output": name, "index": 1, "value": -1, "note": "It is <36>."},
            {"output": "whole", "value": 0},
            {"output": "sol", "index": 2},
        ]
    }
    page = render_widget(Steps(), OUTPUTS, response=response, readonly=True)
    assert checked(page) == [("steps.1.value", "-1"), ("steps.3.value", "0")]
    assert 'value="It is &lt;36&gt;."' in page
    assert page.count(" disabled") == 12


def test_errors_stand_at_their_step_or_at_the_question(render_widget):
    page = render_widget(Steps(), OUTPUTS, errors={"steps": {1: {"note": ["Too long."]}}})
    assert 'id="asked-steps-1-error" role="alert">Too long.</p>' in page
    page = render_widget(Steps(), OUTPUTS, errors={"steps": ["Not labelled yet: B."]})
    assert 'id="asked-steps-error" role="alert">Not labelled yet: B.</p>' in page
