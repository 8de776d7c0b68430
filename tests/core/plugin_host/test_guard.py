"""In a job a stranger's component runs in a child process: whatever it does there, its faults stay its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from flask import current_app
from plugin_files import write_plugin, write_scorer
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.models import PluginFailure
from rlflow_core.plugin_api import (
    SIGNAL_COLUMNS,
    Exporter,
    LLMProvider,
    Message,
    RewardSchema,
    Scorer,
    ScoringData,
    TaskView,
    ValidationError,
)
from rlflow_core.plugin_api.llm_provider import GenerationRequest
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault

Load = Callable[..., PluginHost]


def score(host: PluginHost, key: str, data: ScoringData | None = None) -> list[float | None]:
    scores = host.guard.call(host.build(Scorer, key), "SCORE", data or ScoringData("p"))
    return [score.value for score in scores]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ZeroDivisionError('of zero')", "ZeroDivisionError: of zero"),
        ("sys.exit(0)", "SystemExit"),
        ("os._exit(9)", "its process ended"),
        ("while True: time.sleep(1)", "no answer for 1.5 seconds"),
        ("hoard = bytearray(3 * 1024**3); return []", "MemoryError"),
        ("return 7", "not iterable"),
        ("return ['0.5']", "not a"),
        ("return [Score(data.project, 'high')]", "not a"),
        ("return [Score(data.project, float)]", "not JSON serializable: type"),
        ("yield Score(data.project, 1.0); raise KeyError('late')", "KeyError: 'late'"),
    ],
)
def test_a_fault_in_the_child_is_named_recorded_and_leaves_the_others(
    load: Load, plugins: Path, body: str, message: str
) -> None:
    write_scorer(plugins, "faulty", body)
    write_scorer(plugins, "working", "return [Score(data.project, 1.0)]")
    host = load(RLFLOW_COMPONENT_TIMEOUT="1.5", RLFLOW_COMPONENT_MEMORY="1024")
    with pytest.raises(ComponentFault) as caught:
        score(host, "faulty")
    assert message in caught.value.problem.message
    assert (caught.value.problem.plugin, caught.value.problem.key) == ("faulty", "faulty")
    (row,) = db.read.scalars(select(PluginFailure))
    assert (row.plugin, row.hook, row.kind) == ("faulty", "SCORE", "scorer")
    assert score(host, "working") == [1.0]


def test_a_child_that_prints_megabytes_is_heard_all_the_same(load: Load, plugins: Path) -> None:
    write_scorer(
        plugins,
        "chatty",
        "print('x' * 5_000_000)\nsys.stderr.write('y' * 5_000_000)\nreturn [Score('p', 2.0)]",
    )
    assert score(load(), "chatty") == [2.0]


def test_a_million_results_arrive(load: Load, plugins: Path) -> None:
    write_scorer(plugins, "eager", "return (Score(str(n), float(n)) for n in range(1_000_000))")
    values = score(load(), "eager")
    assert len(values) == 1_000_000
    assert values[-1] == 999_999.0


def test_the_child_stays_warm_between_calls_and_is_replaced_after_it_died(load: Load, plugins: Path) -> None:
    write_scorer(
        plugins, "pid", "if data.project == 'die': os._exit(1)\nreturn [Score('p', float(os.getpid()))]"
    )
    host = load()
    first, second = score(host, "pid"), score(host, "pid")
    assert first == second
    with pytest.raises(ComponentFault):
        score(host, "pid", ScoringData("die"))
    assert score(host, "pid") != first


def test_the_tables_of_scoring_data_reach_the_child_whole(load: Load, plugins: Path) -> None:
    write_scorer(
        plugins,
        "sums",
        "values = data.signals.column('value').to_pylist()\nreturn [Score('p', sum(v for v in values if v))]",
    )
    rows = [{"value": float(n), "text": "naïve \u2028 line"} for n in range(50_000)]
    table = pa.Table.from_pylist(rows, schema=SIGNAL_COLUMNS)
    assert score(load(), "sums", ScoringData("p", signals=table)) == [sum(range(50_000))]


def test_built_ins_run_in_a_child_too_where_all_are_isolated(load: Load) -> None:
    host = load(RLFLOW_ISOLATE="all")
    scores = host.guard.call(host.build(Scorer, "agreement"), "SCORE", ScoringData("p"))
    assert scores == []


def test_a_provider_streams_from_the_child(load: Load, plugins: Path) -> None:
    write_plugin(
        plugins,
        "slow_writer",
        """
        class Writer(LLMProvider):
            key = "writer"
            title = "Writer"
            version = "1"
            def models(self):
                return ["one"]
            def GENERATE(self, request):
                for word in request.messages[-1].content.split():
                    yield Chunk(word)
                yield Chunk(usage=Usage(1, 2, 3), finish_reason="stop")
        @hookimpl
        def register_llm_providers():
            return [Writer]
        """,
    )
    host = load()
    request = GenerationRequest("one", (Message("user", "a b c"),))
    chunks = list(host.guard.stream(host.build(LLMProvider, "writer"), "GENERATE", request))
    assert [chunk.text for chunk in chunks] == ["a", "b", "c", ""]
    assert chunks[-1].finish_reason == "stop"


def test_junk_in_a_request_is_refused_too(load: Load, plugins: Path) -> None:
    write_plugin(
        plugins,
        "junk",
        """
        class Answer(Schema):
            text = fields.String()
        class Junk(RewardSchema):
            key = "junk"
            title = "Junk"
            version = "1"
            RESPONSE_SCHEMA = Answer
            def SIGNALS(self, response, task, outputs):
                yield Signal("d", "label", label=5)
            def DIMENSIONS(self, config):
                return [Dimension("d", "label", "nominal")]
            def check(self, response, task, outputs):
                raise ValidationError("not today", "text")
        @hookimpl
        def register_reward_schemas():
            return [Junk]
        """,
    )
    host = load()
    junk = host.build(RewardSchema, "junk")
    task = TaskView("t", 1, {"prompt": "x"})
    with pytest.raises(ComponentFault, match="junk"):
        host.guard.ask(junk, "SIGNALS", {}, task, [])
    with pytest.raises(ValidationError, match="not today"):
        host.guard.ask(junk, "check", {}, task, [])


def test_a_slow_component_in_a_request_is_recorded(load: Load, plugins: Path) -> None:
    write_plugin(
        plugins,
        "slow",
        """
        class Slow(Exporter):
            key = "slow"
            title = "Slow"
            version = "1"
            def SIDECARS(self, manifest):
                time.sleep(0.25)
                return {}
        @hookimpl
        def register_exporters():
            return [Slow]
        """,
    )
    host = load()
    assert host.guard.ask(host.build(Exporter, "slow"), "SIDECARS", None) == {}
    assert not db.read.scalars(select(PluginFailure)).all(), "nobody waits for what a job does"
    with current_app.test_request_context():
        assert host.guard.ask(host.build(Exporter, "slow"), "SIDECARS", None) == {}
    (row,) = db.read.scalars(select(PluginFailure))
    assert "ms in a request" in row.message
