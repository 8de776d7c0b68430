import re

import pytest

from rlflow_core.plugin_api import PREFERENCE_LABELS, OutputView, ValidationError
from rlflow_plugins.reward_schemas.pairwise import Pairwise


def load(**response):
    return Pairwise.RESPONSE_SCHEMA().load(response)


def radios(page):
    return re.findall(r'<input type="radio"[^>]*>', page)


def checked(page):
    return [re.search('value="([^"]*)"', radio)[1] for radio in radios(page) if " checked" in radio]


@pytest.mark.parametrize(
    "config", [{"strength_levels": 0}, {"strength_levels": 4}, {"question": ""}, {"x": 1}]
)
def test_a_config_out_of_range_is_refused(config):
    with pytest.raises(ValidationError):
        Pairwise(config)


@pytest.mark.parametrize(
    ("posted", "loaded"),
    [
        ({"choice": "out-a"}, {"choice": "out-a", "strength": 1}),
        ({"choice": "out-a", "strength": None}, {"choice": "out-a", "strength": 1}),
        ({"choice": "1", "strength": 3}, {"choice": "1", "strength": 3}),
        ({"choice": "out-a:2"}, {"choice": "out-a", "strength": 2}),
        ({"choice": "out-a:2", "strength": 2}, {"choice": "out-a", "strength": 2}),
        ({"choice": "second:3"}, {"choice": "second", "strength": 3}),
        ({"choice": "tie"}, {"choice": "tie", "strength": 0}),
        ({"choice": "both_bad", "strength": 0}, {"choice": "both_bad", "strength": 0}),
    ],
)
def test_a_response_states_choice_and_strength_however_it_was_posted(posted, loaded):
    assert load(**posted) == loaded


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({}, "choice"),
        ({"choice": None}, "choice"),
        ({"choice": ""}, "choice"),
        ({"choice": 1}, "choice"),
        ({"choice": ["out-a"]}, "choice"),
        ({"choice": "out-a", "strength": 4}, "strength"),
        ({"choice": "out-a", "strength": -1}, "strength"),
        ({"choice": "out-a", "strength": 0}, "strength"),
        ({"choice": "out-a", "strength": 1.5}, "strength"),
        ({"choice": "out-a", "strength": True}, "strength"),
        ({"choice": "out-a:9"}, "strength"),
        ({"choice": "out-a:2", "strength": 3}, "strength"),
        ({"choice": "tie", "strength": 1}, "strength"),
        ({"choice": "tie:2"}, "strength"),
        ({"choice": "both_bad", "strength": 3}, "strength"),
        ({"choice": "out-a", "why": "x"}, "why"),
    ],
)
def test_a_malformed_response_is_refused_by_field(posted, field):
    with pytest.raises(ValidationError) as refusal:
        load(**posted)
    assert list(refusal.value.normalized_messages()) == [field]


@pytest.mark.parametrize("choice", ["out-a", "out-b", "1", "2", "first", "second", "tie", "both_bad"])
def test_everything_on_offer_is_accepted(choice, task, outputs):
    Pairwise().check(load(choice=choice), task, outputs)


@pytest.mark.parametrize("choice", ["out-c", "3", "0", "third", "A"])
def test_a_choice_of_another_output_is_refused_with_what_may_be_named(choice, task, outputs):
    with pytest.raises(ValidationError, match="It has: out-b, out-a"):
        Pairwise().check(load(choice=choice), task, outputs)


@pytest.mark.parametrize(("choice", "setting"), [("tie", "allow_tie"), ("both_bad", "allow_both_bad")])
def test_an_answer_that_is_not_offered_is_refused(choice, setting, task, outputs):
    with pytest.raises(ValidationError, match="not offered"):
        Pairwise({setting: False}).check(load(choice=choice), task, outputs)


def test_a_strength_above_the_levels_is_refused(task, outputs):
    with pytest.raises(ValidationError, match="from 1 to 2 here; this is 3") as refusal:
        Pairwise({"strength_levels": 2}).check(load(choice="1", strength=3), task, outputs)
    assert list(refusal.value.normalized_messages()) == ["strength"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_item_without_exactly_two_outputs_is_refused(count, task):
    outputs = [OutputView(id=f"o{index}", text="x", index=index) for index in range(count)]
    with pytest.raises(ValidationError, match=f"this item has {count}"):
        Pairwise().check(load(choice="o0"), task, outputs)


@pytest.mark.parametrize(
    ("choice", "label", "value"),
    [
        ("out-a:2", "first", 2),
        ("out-b:3", "second", -3),
        ("1", "second", -1),
        ("first:2", "second", -2),
        ("2:3", "first", 3),
        ("second", "first", 1),
        ("tie", "tie", 0),
        ("both_bad", "both_bad", 0),
    ],
)
def test_the_signal_is_about_the_fixed_order_whatever_was_shown_first(choice, label, value, task, outputs):
    (signal,) = Pairwise().SIGNALS(load(choice=choice), task, outputs)
    assert (signal.output, signal.other_output) == ("out-a", "out-b")
    assert (signal.kind, signal.dimension, signal.label, signal.value) == (
        "preference",
        "choice",
        label,
        value,
    )


def test_both_orders_of_display_give_the_same_signal(task, outputs):
    response = load(choice="out-b:2")
    swapped = tuple(reversed(outputs))
    assert list(Pairwise().SIGNALS(response, task, outputs)) == list(
        Pairwise().SIGNALS(response, task, swapped)
    )


@pytest.mark.parametrize(
    ("config", "labels"),
    [
        ({}, PREFERENCE_LABELS),
        ({"allow_tie": False}, ("first", "second", "both_bad")),
        ({"allow_tie": False, "allow_both_bad": False}, ("first", "second")),
    ],
)
def test_the_dimension_lists_the_labels_on_offer(config, labels):
    schema = Pairwise(config)
    (dimension,) = schema.DIMENSIONS(schema.config)
    assert (dimension.labels, dimension.level, dimension.per) == (labels, "nominal", "pair")


def test_the_example_and_the_shorthand_fit(task, outputs):
    Pairwise().check(load(**Pairwise.example_response), task, outputs)
    assert Pairwise.shorthand == {"preference": "choice"}


def test_the_widget_is_one_radio_group_with_a_key_for_each_choice(render_widget, outputs):
    page = render_widget(Pairwise(), outputs)
    assert {re.search('name="([^"]*)"', radio)[1] for radio in radios(page)} == {"asked.choice"}
    choices = {
        re.search('data-key="(.)"', radio)[1]: re.search('value="([^"]*)"', radio)[1]
        for radio in radios(page)
    }
    assert choices == {
        "1": "out-b:3",
        "2": "out-b:2",
        "3": "out-b:1",
        "4": "tie",
        "5": "out-a:1",
        "6": "out-a:2",
        "7": "out-a:3",
        "0": "both_bad",
    }
    assert "A much better" in page
    assert "B slightly better" in page


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("tie", [True, False])
def test_every_radio_posts_a_response_that_is_accepted(render_widget, task, outputs, levels, tie):
    schema = Pairwise({"strength_levels": levels, "allow_tie": tie, "allow_both_bad": False})
    values = [re.search('value="([^"]*)"', radio)[1] for radio in radios(render_widget(schema, outputs))]
    assert len(values) == 2 * levels + tie
    for value in values:
        schema.check(load(choice=value), task, outputs)


def test_nothing_is_selected_before_an_answer(render_widget, outputs):
    assert checked(render_widget(Pairwise(), outputs)) == []
    assert checked(render_widget(Pairwise(), outputs, response={}, errors={})) == []


@pytest.mark.parametrize(
    ("response", "value"),
    [
        ({"choice": "out-a:2"}, "out-a:2"),
        ({"choice": "out-a", "strength": 2}, "out-a:2"),
        ({"choice": "1", "strength": 3}, "out-b:3"),
        ({"choice": "second", "strength": 1}, "out-a:1"),
        ({"choice": "tie", "strength": 0}, "tie"),
        ({"choice": "both_bad"}, "both_bad"),
    ],
)
def test_drafts_and_stored_responses_are_shown_as_chosen(render_widget, outputs, response, value):
    assert checked(render_widget(Pairwise(), outputs, response=response)) == [value]


def test_a_readonly_widget_shows_the_choice_and_takes_none(render_widget, outputs):
    page = render_widget(Pairwise(), outputs, response={"choice": "out-a", "strength": 2}, readonly=True)
    assert checked(page) == ["out-a:2"]
    assert all(" disabled" in radio for radio in radios(page))
    assert "rl-key" not in page


def test_errors_are_announced_and_tied_to_the_question(render_widget, outputs):
    page = render_widget(Pairwise(), outputs, errors={"choice": ["Pick <one>."], "strength": ["Too strong."]})
    assert 'role="alert">Pick &lt;one&gt;. Too strong.</p>' in page
    (described,) = re.findall('aria-describedby="([^"]*)"', page)
    assert f'id="{described}"' in page
    assert "aria-describedby" not in render_widget(Pairwise(), outputs)


def test_an_item_without_two_outputs_gets_a_message_instead_of_a_scale(render_widget, outputs):
    page = render_widget(Pairwise(), outputs[:1])
    assert "this item has 1" in page
    assert radios(page) == []


def test_the_widget_is_a_bare_fieldset(render_widget, outputs):
    page = render_widget(Pairwise({"question": "Which <is> better?"}), outputs, readonly=False)
    assert page.strip().startswith('<fieldset class="rl-ask"')
    assert not re.search("<form|<script|style=|<button", page)
    assert "Which &lt;is&gt; better?" in page
