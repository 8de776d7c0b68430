import re

import pytest

from rlflow_core.plugin_api import ValidationError
from rlflow_plugins.reward_schemas.scalar import Scalar

HELPSTEER = {
    "minimum": 0,
    "maximum": 4,
    "dimensions": [
        {"name": "helpfulness", "label": "Helpful"},
        {"name": "verbosity", "better": "none"},
    ],
}


def load(**response):
    return Scalar.RESPONSE_SCHEMA().load(response)


def refusal(schema, response, task, outputs):
    with pytest.raises(ValidationError) as raised:
        schema.check(response, task, outputs)
    return raised.value.normalized_messages()


def inputs(page, kind):
    return re.findall(rf'<input type="{kind}"[^>]*>', page)


def attribute(element, name):
    found = re.search(rf'{name}="([^"]*)"', element)
    return found and found[1]


def checked(page):
    return {
        attribute(radio, "name").removeprefix("asked."): attribute(radio, "value")
        for radio in inputs(page, "radio")
        if " checked" in radio
    }


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"minimum": 5, "maximum": 5}, "maximum"),
        ({"minimum": 0, "maximum": 1, "step": 0.3}, "step"),
        ({"step": 0}, "step"),
        ({"maximum": float("inf")}, "maximum"),
        ({"maximum": float("nan")}, "maximum"),
        ({"anchors": [{"value": 6, "label": "off"}]}, "anchors"),
        ({"anchors": [{"value": 1, "label": "a"}, {"value": 1, "label": "b"}]}, "anchors"),
        ({"dimensions": [{"name": "a"}, {"name": "a"}]}, "dimensions"),
        ({"dimensions": [{"name": "Not a name"}]}, "dimensions"),
        ({"per": "pair"}, "per"),
        ({"points": []}, "points"),
    ],
)
def test_a_config_that_makes_no_scale_is_refused_by_field(config, field):
    with pytest.raises(ValidationError) as raised:
        Scalar(config)
    assert list(raised.value.normalized_messages()) == [field]


@pytest.mark.parametrize(
    "response",
    [{"value": "x"}, {"value": True}, {"value": float("nan")}, {"value": float("inf")}, {"score": 1}],
)
def test_what_is_no_number_is_refused(response):
    with pytest.raises(ValidationError):
        load(**response)


@pytest.mark.parametrize("value", [0, 6, 2.5, -1, 1e300])
def test_a_rating_off_the_scale_is_refused_with_the_scale(value, task, outputs):
    schema = Scalar({"per": "task"})
    messages = refusal(schema, load(value=value), task, outputs)
    assert "1 to 5 in steps of 1" in messages["value"][0]


def test_a_point_is_free_of_binary_rounding(task, outputs):
    schema = Scalar({"per": "task", "minimum": 0, "maximum": 1, "step": 0.1})
    response = load(value=0.1 + 0.2)
    schema.check(response, task, outputs)
    assert [signal.value for signal in schema.SIGNALS(response, task, outputs)] == [0.3]


def test_every_output_is_rated_under_its_id_or_its_place(task, outputs):
    schema = Scalar()
    response = load(ratings=[{"output": "1", "value": 4}, {"output": "out-a", "value": 2}])
    schema.check(response, task, outputs)
    signals = list(schema.SIGNALS(response, task, outputs))
    assert [(signal.output, signal.value, signal.dimension) for signal in signals] == [
        ("out-b", 4.0, "value"),
        ("out-a", 2.0, "value"),
    ]
    assert {signal.kind for signal in signals} == {"scalar"}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"output": "out-c", "value": 1}, "output"),
        ({"output": "3", "value": 1}, "output"),
        ({"value": 1}, "output"),
        ({"output": "1", "dimension": "wit", "value": 1}, "dimension"),
        ({"output": "1", "value": 9}, "value"),
    ],
)
def test_a_rating_that_does_not_fit_is_named_by_its_row(row, field, task, outputs):
    response = load(ratings=[{"output": "2", "value": 1}, row])
    messages = refusal(Scalar(), response, task, outputs)
    assert list(messages["ratings"][1]) == [field]


def test_a_rating_given_twice_is_refused(task, outputs):
    response = load(ratings=[{"output": "1", "value": 1}, {"output": "out-b", "value": 2}])
    assert "twice" in refusal(Scalar(), response, task, outputs)["ratings"][1]["value"][0]


def test_one_number_stands_for_one_rating_only(task, outputs):
    assert "2 ratings are asked" in refusal(Scalar(), load(value=3), task, outputs)["value"][0]
    Scalar().check(load(value=3), task, outputs[:1])
    (signal,) = Scalar().SIGNALS(load(value=3), task, outputs[:1])
    assert (signal.output, signal.value) == ("out-b", 3.0)
    assert Scalar.shorthand == {"reward_scalar": "value"}


def test_the_task_as_a_whole_names_no_output(task, outputs):
    schema = Scalar({"per": "task"})
    (signal,) = schema.SIGNALS(load(value=5), task, outputs)
    assert (signal.output, signal.value) == (None, 5.0)
    named = load(ratings=[{"output": "1", "value": 5}])
    assert "as a whole" in refusal(schema, named, task, outputs)["ratings"][0]["output"][0]


def test_missing_ratings_are_named_by_letter_and_label(task, outputs):
    schema = Scalar(HELPSTEER)
    response = load(ratings=[{"output": "1", "dimension": "helpfulness", "value": 4}])
    assert refusal(schema, response, task, outputs)["ratings"] == [
        "Not rated yet: Helpful B, verbosity A, verbosity B."
    ]
    Scalar({**HELPSTEER, "required": False}).check(response, task, outputs)


def test_nothing_given_where_nothing_is_required_makes_no_signal(task, outputs):
    schema = Scalar({"required": False})
    schema.check(load(), task, outputs)
    assert list(schema.SIGNALS(load(), task, outputs)) == []


def test_an_item_without_outputs_cannot_be_rated_by_output(task):
    assert "no output" in refusal(Scalar(), load(), task, ())["ratings"][0]


def test_every_dimension_has_its_scale_and_its_direction():
    schema = Scalar({**HELPSTEER, "better": "lower", "level": "ordinal"})
    found = [
        (d.name, d.better, d.level, d.minimum, d.maximum, d.per) for d in schema.DIMENSIONS(schema.config)
    ]
    assert found == [
        ("helpfulness", "lower", "ordinal", 0.0, 4.0, "output"),
        ("verbosity", "none", "ordinal", 0.0, 4.0, "output"),
    ]


def test_the_example_fits(task, outputs):
    Scalar().check(load(**Scalar.example_response), task, outputs)


@pytest.mark.parametrize(
    ("scale", "keys"),
    [
        ((1, 5, 1), "12345"),
        ((0, 4, 1), "01234"),
        ((0, 10, 1), "0123456789x"),
        ((1, 10, 1), "1234567890"),
        ((-2, 2, 1), "12345"),
        ((0, 1, 0.25), "12345"),
        ((-5, 5, 1), "1234567890x"),
    ],
)
def test_every_point_of_a_short_scale_has_a_key_of_its_own(render_widget, outputs, scale, keys):
    config = dict(zip(("minimum", "maximum", "step"), scale, strict=True))
    page = render_widget(Scalar(config), outputs[:1])
    assert "".join(attribute(radio, "data-key") for radio in inputs(page, "radio")) == keys


def test_every_radio_posts_a_rating_that_is_accepted(render_widget, task, outputs):
    schema = Scalar({"minimum": -1, "maximum": 1, "step": 0.2})
    values = [attribute(radio, "value") for radio in inputs(render_widget(schema, outputs[:1]), "radio")]
    assert values[0] == "-1"
    assert values[5] == "0"
    for value in values:
        schema.check(load(value=float(value)), task, outputs[:1])


def test_nothing_is_selected_before_an_answer(render_widget, outputs):
    assert checked(render_widget(Scalar(HELPSTEER), outputs)) == {}
    page = render_widget(Scalar({"maximum": 100}), outputs)
    assert [attribute(field, "value") for field in inputs(page, "number")] == ["", ""]


def test_a_table_asks_each_dimension_of_each_output(render_widget, outputs):
    page = render_widget(Scalar(HELPSTEER), outputs)
    assert re.findall(r'<legend class="sr-only">([^<]*)</legend>', page) == [
        "Helpful of output A",
        "Helpful of output B",
        "verbosity of output A",
        "verbosity of output B",
    ]
    assert page.count('<fieldset class="rl-ask"') == 4


@pytest.mark.parametrize(
    "response",
    [
        {"ratings": [{"output": "out-a", "dimension": "value", "value": 2}]},
        {"ratings": [{"output": "2", "value": 2.0}]},
        {"ratings": [{"output": "out-b"}, {"output": "2", "dimension": None, "value": 2}]},
    ],
)
def test_drafts_and_stored_responses_are_shown_as_given(render_widget, outputs, response):
    assert checked(render_widget(Scalar(), outputs, response=response)) == {"ratings.1.value": "2"}


def test_a_stored_number_is_shown_as_given(render_widget, outputs):
    assert checked(render_widget(Scalar(), outputs[:1], response={"value": 3.0})) == {"value": "3"}
    page = render_widget(Scalar({"maximum": 100}), outputs[:1], response={"value": 42})
    assert [attribute(field, "value") for field in inputs(page, "number")] == ["42"]


def test_a_readonly_widget_takes_nothing(render_widget, outputs):
    page = render_widget(Scalar(), outputs, response={"ratings": []}, readonly=True)
    assert all(" disabled" in radio for radio in inputs(page, "radio"))
    assert "rl-key" not in page


def test_errors_stand_at_their_row_or_at_the_question(render_widget, outputs):
    page = render_widget(Scalar(), outputs, errors={"ratings": {1: {"value": ["Too <high>."]}}})
    assert 'id="asked-ratings-1-error" role="alert">Too &lt;high&gt;.</p>' in page
    page = render_widget(Scalar(), outputs, errors={"ratings": ["Not rated yet: B."]})
    assert 'id="asked-ratings-error" role="alert">Not rated yet: B.</p>' in page


def test_words_at_every_point_stand_on_the_buttons(render_widget, outputs):
    anchors = [{"value": value, "label": f"word {value}"} for value in (1, 2, 3)]
    page = render_widget(Scalar({"maximum": 3, "anchors": anchors}), outputs)
    assert page.count("<span>word 2</span>") == 2
    page = render_widget(Scalar({"maximum": 3, "anchors": anchors[:1]}), outputs)
    assert "<small>1 word 1</small>" in page


def test_the_widget_is_a_bare_fieldset(render_widget, outputs):
    page = render_widget(Scalar({"question": "How <good>?"}), outputs)
    assert page.strip().startswith("<fieldset")
    assert not re.search("<form|<script|style=", page)
    assert "How &lt;good&gt;?" in page


def test_an_item_without_outputs_gets_a_message(render_widget):
    assert "no output to rate" in render_widget(Scalar(), ())
