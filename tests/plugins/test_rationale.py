import re

import pytest

from rlflow_core.plugin_api import ValidationError
from rlflow_plugins.reward_schemas.rationale import Rationale


def load(**response):
    return Rationale.RESPONSE_SCHEMA().load(response)


@pytest.mark.parametrize("config", [{"required": "if_tie"}, {"minimum_length": -1}, {"minimum_length": 1.5}])
def test_a_config_out_of_range_is_refused(config):
    with pytest.raises(ValidationError):
        Rationale(config)


@pytest.mark.parametrize("response", [{"text": None}, {"text": 3}, {"text": "x" * 100_001}, {"words": "x"}])
def test_a_malformed_response_is_refused(response):
    with pytest.raises(ValidationError):
        load(**response)


def test_a_hundred_thousand_characters_are_accepted():
    assert len(load(text="x" * 100_000)["text"]) == 100_000


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_required_rationale_cannot_be_blank(text, task, outputs):
    with pytest.raises(ValidationError, match="at least 1 character; this has 0"):
        Rationale({"required": "always"}).check(load(text=text), task, outputs)


@pytest.mark.parametrize("required", ["always", "never"])
def test_a_short_rationale_is_refused_with_both_lengths(required, task, outputs):
    schema = Rationale({"required": required, "minimum_length": 20})
    with pytest.raises(ValidationError, match="at least 20 characters; this has 5") as refusal:
        schema.check(load(text=" short "), task, outputs)
    assert list(refusal.value.normalized_messages()) == ["text"]


def test_an_optional_rationale_may_be_blank_whatever_the_minimum(task, outputs):
    Rationale({"minimum_length": 20}).check(load(), task, outputs)


def test_the_minimum_counts_characters_not_bytes(task, outputs):
    Rationale({"minimum_length": 3}).check(load(text="äöü"), task, outputs)


def test_the_signal_is_the_text_as_written(task, outputs):
    (signal,) = Rationale().SIGNALS(load(text=" Clear.\n"), task, outputs)
    assert (signal.kind, signal.dimension, signal.text) == ("text", "text", " Clear.\n")


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_blank_rationale_gives_no_signal(text, task, outputs):
    assert list(Rationale().SIGNALS(load(text=text), task, outputs)) == []


def test_the_dimension_has_no_level():
    (dimension,) = Rationale().DIMENSIONS(Rationale().config)
    assert (dimension.kind, dimension.level) == ("text", "none")


def test_the_example_and_the_shorthand_fit(task, outputs):
    Rationale({"required": "always"}).check(load(**Rationale.example_response), task, outputs)
    assert Rationale.shorthand == {"rationale": "text"}


def test_the_widget_is_a_bare_fieldset_with_one_named_field(render_widget, outputs):
    page = render_widget(Rationale({"minimum_length": 20}), outputs)
    assert page.strip().startswith('<fieldset class="rl-ask">')
    assert not re.search("<form|<script|style=|<button", page)
    assert 'id="asked-text" name="asked.text"' in page
    assert 'data-key="r"' in page
    assert "At least 20 characters" in page


def test_a_written_text_is_shown_escaped_and_with_its_line_breaks(render_widget, outputs):
    page = render_widget(Rationale(), outputs, response={"text": "\nA & </textarea>\nB"})
    # Browsers drop the first line break of a textarea; the second one belongs to the text.
    assert ">\n\nA &amp; &lt;/textarea&gt;\nB</textarea>" in page


def test_errors_are_announced_and_tied_to_the_field(render_widget, outputs):
    page = render_widget(Rationale(), outputs, errors={"text": ["Write more."]})
    assert 'aria-invalid="true" aria-describedby="asked-text-error"' in page
    assert 'id="asked-text-error" role="alert">Write more.</p>' in page


def test_a_readonly_widget_cannot_be_edited(render_widget, outputs):
    page = render_widget(Rationale(), outputs, response={"text": "Clear."}, readonly=True)
    assert " readonly>" in page
    assert "Clear." in page
    assert " readonly>" not in render_widget(Rationale(), outputs)
