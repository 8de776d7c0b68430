import re

import pytest

from rlflow_core.plugin_api import OutputView, ValidationError
from rlflow_plugins.reward_schemas.ranking import Ranking

OUTPUTS = tuple(
    OutputView(id=f"o{index}", text=f"text {index}", index=index, position=position)
    for position, index in enumerate((2, 0, 3, 1))
)


def load(**ranks):
    return Ranking.RESPONSE_SCHEMA().load(
        {"ranks": [{"output": output, "rank": rank} for output, rank in ranks.items()]}
    )


def ranked(schema, response, task, outputs=OUTPUTS):
    schema.check(response, task, outputs)
    return {signal.output: signal.value for signal in schema.SIGNALS(response, task, outputs)}


def refusal(schema, response, task, outputs=OUTPUTS):
    with pytest.raises(ValidationError) as raised:
        schema.check(response, task, outputs)
    return raised.value.normalized_messages()["ranks"]


def chosen(page):
    selects = re.findall(r"<select.*?</select>", page, re.DOTALL)
    return [re.search(r'<option value="([^"]*)" selected', select)[1] for select in selects]


@pytest.mark.parametrize(
    "row",
    [
        {"rank": 1},
        {"output": "o1", "rank": 0},
        {"output": "o1", "rank": 1.5},
        {"output": "o1", "rank": True},
        {"output": "o1", "rank": "first"},
        {"output": "o1", "rank": 1, "why": ""},
    ],
)
def test_a_malformed_rank_is_refused(row):
    with pytest.raises(ValidationError):
        Ranking.RESPONSE_SCHEMA().load({"ranks": [row]})


def test_each_output_gets_its_rank(task):
    response = load(o0=2, o1=1, o2=4, o3=3)
    assert ranked(Ranking(), response, task) == {"o0": 2, "o1": 1, "o2": 4, "o3": 3}
    signals = list(Ranking().SIGNALS(response, task, OUTPUTS))
    assert {(s.kind, s.dimension) for s in signals} == {("rank", "rank")}


@pytest.mark.parametrize(
    "given", [(1, 2, 2, 3), (1, 2, 2, 4), (1, 5, 5, 9), (2, 3, 3, 8)], ids=lambda ranks: str(ranks)
)
def test_ranks_with_gaps_become_ranks_without(given, task):
    response = load(**{f"o{index}": rank for index, rank in enumerate(given)})
    assert ranked(Ranking(), response, task) == {"o0": 1, "o1": 2, "o2": 2, "o3": 3}


def test_ties_are_refused_by_letter_where_they_are_not_offered(task):
    schema = Ranking({"allow_ties": False})
    (message,) = refusal(schema, load(o0=1, o1=2, o2=2, o3=3), task)
    assert "share a rank: A, D" in message
    ranked(schema, load(o0=1, o1=2, o2=4, o3=3), task)


def test_every_output_must_be_ranked_unless_two_are_enough(task):
    response = load(o0=1, o1=2, o2=None)
    assert refusal(Ranking(), response, task) == ["Not ranked yet: A, C."]
    schema = Ranking({"require_all": False})
    assert ranked(schema, response, task) == {"o0": 1, "o1": 2}
    assert "at least two" in refusal(schema, load(o0=1), task)[0]


@pytest.mark.parametrize("output", ["o9", "0", "5"])
def test_a_rank_of_another_output_is_refused(output, task):
    messages = refusal(Ranking(), load(o0=1, **{output: 2}), task)
    assert "It has: o2, o0, o3, o1" in messages[1]["output"][0]


def test_a_second_rank_of_an_output_is_refused(task):
    messages = refusal(Ranking(), load(o0=1, **{"2": 2}), task)
    assert "twice" in messages[1]["output"][0]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_outputs_cannot_be_ranked(count, task, render_widget):
    assert f"has {count}" in refusal(Ranking(), load(), task, OUTPUTS[:count])[0]
    assert f"has {count}" in render_widget(Ranking(), OUTPUTS[:count])


def test_the_rank_is_an_order_in_which_lower_is_better():
    (dimension,) = Ranking().DIMENSIONS({})
    assert (dimension.level, dimension.better, dimension.per) == ("ordinal", "lower", "output")


def test_the_example_fits(task, outputs):
    Ranking().check(Ranking.RESPONSE_SCHEMA().load(Ranking.example_response), task, outputs)


def test_the_widget_offers_every_rank_for_each_output_and_chooses_none(render_widget):
    page = render_widget(Ranking({"question": "Best <first>?"}), OUTPUTS)
    assert chosen(page) == ["", "", "", ""]
    assert re.findall(r'aria-label="Rank of output (.)"', page) == list("ABCD")
    assert page.count('<option value="4">') == 4
    assert "Best &lt;first&gt;?" in page
    assert page.strip().startswith("<fieldset")
    assert not re.search("<form|<script|style=", page)


def test_what_needs_a_script_is_hidden_without_one(render_widget):
    page = render_widget(Ranking(), OUTPUTS)
    assert all(" hidden" in tag for tag in re.findall(r"<[^>]* data-live[^>]*>", page))
    assert len(re.findall("<button", page)) == len(re.findall("<button[^>]* data-live hidden", page)) == 5


def test_drafts_and_stored_responses_are_shown_as_given(render_widget):
    response = {"ranks": [{"output": "o2"}, {"output": "2", "rank": 1}, {"output": "o1", "rank": 1}]}
    page = render_widget(Ranking(), OUTPUTS, response=response, readonly=True)
    assert chosen(page) == ["", "1", "", "1"]
    assert page.count(" disabled") == 4
    assert "<button" not in page


def test_errors_stand_at_their_output_or_at_the_question(render_widget):
    page = render_widget(Ranking(), OUTPUTS, errors={"ranks": {1: {"rank": ["No."]}}})
    assert 'id="asked-ranks-1-error" role="alert">No.</p>' in page
    page = render_widget(Ranking(), OUTPUTS, errors={"ranks": ["Not ranked yet: A."]})
    assert 'id="asked-ranks-error" role="alert">Not ranked yet: A.</p>' in page
