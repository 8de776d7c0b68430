"""Reward schemas, task types and exporters that break their contract in one way each: the check names that way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from wrong_components import broken, finding_of

from rlflow_core.plugin_api import (
    Dataset,
    DatasetInfo,
    Dimension,
    Drop,
    Exporter,
    Manifest,
    Message,
    RecordExporter,
    Schema,
    Segment,
    Signal,
    TaskContent,
    fields,
)
from rlflow_core.plugin_host.sources import import_file
from rlflow_core.testing import check_exporter, check_reward_schema, check_task_type

MODULE = """
from rlflow_core.plugin_api import *


class Response(Schema):
    verdict = fields.String(required=True, validate=validate.OneOf(["good", "bad"]))
    why = fields.String(load_default="")


class Verdict(RewardSchema):
    key = "verdict"
    title = "Verdict"
    version = "1"
    description = "Good or bad, and why."
    RESPONSE_SCHEMA = Response
    example_response = {"verdict": "good", "why": "It is right."}

    def DIMENSIONS(self, config):
        return [Dimension("verdict", "label", "nominal", ("good", "bad")), Dimension("why", "text", "none")]

    def SIGNALS(self, response, task, outputs):
        yield Signal("verdict", "label", label=response["verdict"])
        yield Signal("why", "text", text=response["why"])


class Riddle(TaskType):
    key = "riddle"
    title = "Riddle"
    version = "1"
    description = "A riddle."
    task_template = "task.html"
    output_template = "output.html"
"""
WIDGET = """<fieldset><legend>Is it good?</legend>
{%- for value in ("good", "bad") %}
<label><input type="radio" name="{{ field("verdict") }}" value="{{ value }}"
{%- if response and response.verdict == value %} checked{% endif %}
{%- if readonly %} disabled{% endif %}>{{ value }}</label>
{%- endfor %}
<label for="{{ field("why").id }}">Why?</label>
<textarea id="{{ field("why").id }}" name="{{ field("why") }}"{% if readonly %} readonly{% endif %}>
{{ response.why if response else "" }}</textarea>
{% for problems in errors.values() %}<p>{{ problems | join(" ") }}</p>{% endfor %}
</fieldset>"""
_numbers = itertools.count()

Make = Callable[..., Any]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The plugin's module, with other templates than the right ones where they are given."""

    def make(**templates: str) -> Any:
        files = {
            "widget": WIDGET,
            "task": "<p>{{ task.content.prompt }}</p>",
            "output": "<p>{{ output.text }}</p>",
        }
        for name, text in {**files, **templates}.items():
            (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
        path = tmp_path / "verdicts.py"
        path.write_text(MODULE, encoding="utf-8")
        return import_file(f"verdicts_of_the_tests_{next(_numbers)}", path)

    return make


def test_what_keeps_its_contract_passes(make: Make) -> None:
    module = make()
    check_reward_schema(module.Verdict)
    check_task_type(module.Riddle)
    check_exporter(Lines)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("<fieldset>", "<div>", "not one <fieldset>"),
        ("<legend>Is it good?</legend>", "", "no <legend>"),
        ('"{{ field("why") }}"', '"why"', "has no name from field()"),
        ('for="{{ field("why").id }}"', "", "the textarea asked.why has no label"),
        ('id="{{ field("why").id }}"', 'id="why"', "not from field()"),
        ("</fieldset>", "<script>1</script></fieldset>", "holds a <script>"),
        ("</fieldset>", "<form></form></fieldset>", "holds a <form>"),
        ("<textarea ", '<textarea oninput="x()" ', "scripts stand in modules only"),
        ("</fieldset>", "<button>Send</button></fieldset>", "a button that submits"),
        (
            "{% for problems in errors.values() %}",
            "{% for problems in [] %}",
            "what is wrong with the field why",
        ),
        (" checked", "", "raised ValidationError"),
        (
            "{{ response.why if response else",
            "{{ '' if response else",
            "something else than it was filled with",
        ),
        ("{%- if readonly %} disabled{% endif %}", "", "lets people change asked.verdict"),
        ("{{ value }}</label>", "{{ valeu }}</label>", "UndefinedError"),
        ("Is it good?", "{{ task.content.prompt | safe }}", "holds a <script>"),
    ],
)
def test_a_wrong_widget_is_caught(make: Make, old: str, new: str, text: str) -> None:
    assert old in WIDGET
    assert text in finding_of("widget", check_reward_schema, make(widget=WIDGET.replace(old, new)).Verdict)


def only(*signals: Signal) -> Callable[..., list[Signal]]:
    return lambda self, response, task, outputs: list(signals)


def dimensions(*given: Dimension) -> Callable[..., list[Dimension]]:
    return lambda self, config: list(given)


class TakesAll(Schema):
    """A response that lets through whatever it does not know."""

    class Meta:
        unknown = "include"

    verdict = fields.String(required=True)
    why = fields.String(load_default="")


LABEL = Dimension("verdict", "label", "nominal", ("good", "bad"))


@pytest.mark.parametrize(
    ("change", "part", "text"),
    [
        ({"example_response": {"verdict": "fine"}}, "example_response", "ValidationError"),
        ({"RESPONSE_SCHEMA": TakesAll}, "RESPONSE_SCHEMA", "would be lost"),
        ({"shorthand": {"rationale": "reason"}}, "shorthand", "fills reason"),
        ({"min_outputs": 3, "max_outputs": 2}, "min_outputs", "is 3"),
        ({"module": "verdict.js"}, "module", "not in the component's folder"),
        ({"DIMENSIONS": dimensions()}, "DIMENSIONS", "gives none"),
        ({"DIMENSIONS": dimensions(LABEL, LABEL)}, "DIMENSIONS", "the same"),
        ({"DIMENSIONS": dimensions(Dimension("verdict", "label", "nominal"))}, "DIMENSIONS", "no labels"),
        ({"DIMENSIONS": dimensions(Dimension("Is Good", "scalar", "interval"))}, "DIMENSIONS", "must match"),
        (
            {"DIMENSIONS": dimensions(Dimension("v", "scalar", "interval", (), 5, 1))},
            "DIMENSIONS",
            "from 5 to 1",
        ),
        ({"SIGNALS": only()}, "SIGNALS", "gives none"),
        ({"SIGNALS": only(Signal("other", "label", label="good"))}, "SIGNALS", "DIMENSIONS lacks"),
        ({"SIGNALS": only(Signal("verdict", "scalar", value=1.0))}, "SIGNALS", "declared label"),
        ({"SIGNALS": only(Signal("verdict", "label", label="fine"))}, "SIGNALS", "not of ('good', 'bad')"),
        (
            {"SIGNALS": only(Signal("verdict", "label", "output-9", label="good"))},
            "SIGNALS",
            "no id of an output",
        ),
        ({"SIGNALS": only(Signal("why", "text", text="x"))}, "SIGNALS", "whatever the field verdict says"),
    ],
)
def test_a_wrong_reward_schema_is_caught(make: Make, change: dict[str, Any], part: str, text: str) -> None:
    assert text in finding_of(part, check_reward_schema, broken(make().Verdict, **change))


def test_a_reward_schema_that_forgets_what_an_output_or_a_number_needs_is_caught(make: Make) -> None:
    per_output = Dimension("verdict", "label", "nominal", ("good", "bad"), per="output")
    per_pair = Dimension("verdict", "label", "nominal", ("good", "bad"), per="pair")
    score = Dimension("verdict", "scalar", "interval", (), 0, 1)
    verdict = make().Verdict
    one = Signal("verdict", "label", label="good")
    for dimension, signal, text in (
        (per_output, one, "a signal names none"),
        (per_pair, one, "does not name two outputs"),
        (score, Signal("verdict", "scalar", value=7.0), "out of 0 to 1"),
    ):
        wrong = broken(verdict, DIMENSIONS=dimensions(dimension), SIGNALS=only(signal))
        assert text in finding_of("SIGNALS", check_reward_schema, wrong)


@pytest.mark.parametrize(
    ("template", "html", "text"),
    [
        ("task", "<p>{{ task.content.prompt | safe }}</p>", "holds a <script>"),
        ("task", "<p>{{ task.content.question }}</p>", "UndefinedError"),
        ("output", "<style>p {}</style>", "holds a <style>"),
        ("output", '<p onclick="x()">{{ output.text }}</p>', "scripts stand in modules only"),
    ],
)
def test_a_wrong_template_is_caught(make: Make, template: str, html: str, text: str) -> None:
    assert text in finding_of(f"{template}.html", check_task_type, make(**{template: html}).Riddle)


class Bare(Schema):
    """A content without what all tasks have."""

    question = fields.String()


class Tagged(TaskContent):
    """A content with a field that no form can show."""

    extra = fields.Dict(load_default=dict)


class Forgetful(TaskContent):
    """A content that writes something else than it reads."""

    level = fields.Function(lambda content: content.get("level", 0) + 1, lambda value: value)


def segments(*given: Segment) -> Callable[..., list[Segment]]:
    return lambda self, content, output: list(given)


@pytest.mark.parametrize(
    ("change", "part", "text"),
    [
        ({"CONTENT_SCHEMA": Bare}, "CONTENT_SCHEMA", "does not inherit TaskContent"),
        ({"CONTENT_SCHEMA": Tagged}, "CONTENT_SCHEMA", "extra is a Dict"),
        ({"CONTENT_SCHEMA": Forgetful}, "CONTENT_SCHEMA", "something else"),
        ({"example_content": {"prompt": ""}}, "example_content", "ValidationError"),
        ({"example_outputs": ("one",)}, "example_outputs", "fewer than the two"),
        ({"messages": lambda self, content: []}, "messages", "gives none"),
        ({"messages": lambda self, content: [Message("robot", "Hi")]}, "messages", "no Message"),
        ({"messages": lambda self, content: [content["question"]]}, "messages", "KeyError"),
        ({"segments": segments(Segment(1, "step", "x"))}, "segments", "not numbered"),
        ({"segments": segments("x")}, "segments", "no Segment"),
        (
            {"segments": lambda self, content, output: [Segment(0, "step", output[0])]},
            "segments",
            "IndexError",
        ),
    ],
)
def test_a_wrong_task_type_is_caught(make: Make, change: dict[str, Any], part: str, text: str) -> None:
    assert text in finding_of(part, check_task_type, broken(make().Riddle, **change))


class Lines(RecordExporter):
    """Prompts and first outputs."""

    key = "lines"
    title = "Lines"
    version = "1"
    description = "A prompt and its first answer a row."

    def PLAN(self, info: DatasetInfo) -> pa.Schema:
        """Two texts."""
        return pa.schema([("prompt", pa.string()), ("answer", pa.string())])

    def ROW(self, record: Any) -> Mapping[str, Any] | Drop:
        """What is asked and answered; nothing for an empty answer."""
        first = record.outputs[0]
        if first.is_empty:
            return Drop("empty answer")
        return {"prompt": record.task.content["prompt"], "answer": first.text}


def wide(self: Exporter, dataset: Dataset) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pydict({"other": ["x"]})


def first_only(self: Exporter, dataset: Dataset) -> Iterator[pa.RecordBatch]:
    record = next(dataset.records())
    yield pa.RecordBatch.from_pylist([{"prompt": record.item, "answer": "x"}], self.PLAN(dataset.info))


def counted(self: Exporter, dataset: Dataset) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pylist([{"prompt": str(next(_numbers)), "answer": ""}], self.PLAN(dataset.info))


def finds(*problems: Any) -> Callable[..., Iterable[Any]]:
    return lambda self, batches, info: problems


def beside(**files: Any) -> Callable[..., Mapping[str, Any]]:
    return lambda self, manifest: {name.replace("__", "/"): data for name, data in files.items()}


def over_the_data(self: Exporter, manifest: Manifest) -> Mapping[str, bytes]:
    return {manifest.file_name: b""}


LISTS = pa.schema([("prompt", pa.list_(pa.string())), ("answer", pa.string())])


@pytest.mark.parametrize(
    ("change", "part", "text"),
    [
        ({"containers": ("jsonl", "xlsx")}, "containers", "xlsx"),
        ({"default_container": "parquet", "containers": ("jsonl",)}, "default_container", "not among"),
        ({"default_for": ("csv",), "containers": ("jsonl",)}, "default_for", "csv"),
        ({"PLAN": lambda self, info: pa.schema([])}, "PLAN", "no columns"),
        ({"PLAN": lambda self, info: LISTS}, "PLAN", "CSV cannot hold column prompt"),
        ({"BATCHES": wide}, "BATCHES", "PLAN did not name"),
        ({"BATCHES": first_only}, "BATCHES", "StopIteration"),
        ({"BATCHES": counted}, "BATCHES", "not deterministic"),
        ({"ROW": lambda self, record: {"prompt": record.votes[1].rationale}}, "BATCHES", "IndexError"),
        ({"CHECK": finds("Row 1: no.")}, "CHECK", "Row 1: no."),
        ({"CHECK": finds(7)}, "CHECK", "no sentence"),
        ({"SIDECARS": beside(up__file=b"")}, "SIDECARS", "plain name"),
        ({"SIDECARS": beside(readme="text")}, "SIDECARS", "not bytes"),
        ({"SIDECARS": over_the_data}, "SIDECARS", "over the data file"),
    ],
)
def test_a_wrong_exporter_is_caught(change: dict[str, Any], part: str, text: str) -> None:
    assert text in finding_of(part, check_exporter, broken(Lines, **change))


def test_a_component_of_another_kind_is_caught(make: Make) -> None:
    assert "not a subclass of RewardSchema" in finding_of("identity", check_reward_schema, make().Riddle)
