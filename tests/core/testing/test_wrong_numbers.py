"""Scorers, aggregators, routers and providers that break their contract in one way each: the check names that way."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from wrong_components import broken, finding_of

from rlflow_core.plugin_api import (
    Aggregator,
    AnnotatorView,
    Chunk,
    Consensus,
    GenerationRequest,
    ItemView,
    LLMProvider,
    Router,
    Schema,
    Score,
    Scorer,
    ScoringData,
    Usage,
    fields,
)
from rlflow_core.testing import check_aggregator, check_llm_provider, check_router, check_scorer


class Counts(Scorer):
    """How many signals a task has."""

    key = "counts"
    title = "Counts"
    version = "1"
    description = "Counts signals."
    scope = "task"

    def SCORE(self, data: ScoringData) -> Iterable[Score]:
        """One score a task."""
        counted = data.signals["task"].value_counts().to_pylist()
        return [Score(row["values"], float(row["counts"])) for row in counted]


class Total(Scorer):
    """How many signals a project has, from batches of them."""

    key = "total"
    title = "Total"
    version = "1"
    description = "Counts signals, batch by batch."
    scope = "project"
    incremental = True

    def SUMMARISE(self, data: ScoringData) -> pa.Table:
        """The number of signals of the batch."""
        return pa.table({"n": [data.signals.num_rows]})

    def COMBINE(self, project: str, summaries: Iterable[pa.Table]) -> Iterable[Score]:
        """The sum."""
        return [Score(project, float(sum(summary["n"][0].as_py() for summary in summaries)))]


class First(Aggregator):
    """Believes the first vote on an item."""

    key = "first"
    title = "First"
    version = "1"
    description = "The first vote counts."

    def AGGREGATE(self, signals: pa.Table) -> Iterable[Consensus]:
        """One result an item, of its first preference."""
        seen: dict[str, dict[str, Any]] = {}
        for row in signals.select(["item", "kind", "label", "output", "other_output"]).to_pylist():
            if row["kind"] == "preference":
                seen.setdefault(row["item"], row)
        return [
            Consensus(
                item, "preference", "preference", row["output"], row["other_output"], label=row["label"], n=1
            )
            for item, row in seen.items()
        ]


class Oldest(Router):
    """In the order of making."""

    key = "oldest"
    title = "Oldest"
    version = "1"
    description = "The oldest first."

    def RANK(self, items: Sequence[ItemView]) -> Sequence[float]:
        """The place in the order of making."""
        return [float(item.seq) for item in items]


class Yes(LLMProvider):
    """Says yes."""

    key = "yes"
    title = "Yes"
    version = "1"
    description = "Says yes to everything."

    def models(self) -> Sequence[str]:
        """One model."""
        return ["yes-1"]

    def GENERATE(self, request: GenerationRequest) -> Iterator[Chunk]:
        """Yes."""
        yield Chunk("Yes")
        yield Chunk(".", Usage(1, 2, 3), "stop")


class Odd(Schema):
    """A config with a field that no form can show."""

    anything = fields.Dict(metadata={"label": "Anything"})


def parts(scorer: Total, project: str, summaries: Iterable[pa.Table]) -> Iterable[Score]:
    return [Score(project, float(len(list(summaries))))]


GOOD: list[tuple[type, Callable[..., None]]] = [
    (Counts, check_scorer),
    (Total, check_scorer),
    (First, check_aggregator),
    (Oldest, check_router),
    (Yes, check_llm_provider),
]


@pytest.mark.parametrize(("good", "check"), GOOD)
def test_what_keeps_its_contract_passes(good: type, check: Callable[..., None]) -> None:
    check(good)


@pytest.mark.parametrize(
    ("change", "part", "text"),
    [
        ({"key": "Not A Key"}, "identity", "must match"),
        ({"title": ""}, "identity", "has no title"),
        ({"config_schema": Odd}, "config_schema", "anything is a Dict"),
        ({"scope": "planet"}, "scope", "must be one of"),
        ({"needs": frozenset({"signals", "weather"})}, "needs", "'weather'"),
        ({"SCORE": lambda self, data: 1 / 0}, "SCORE", "ZeroDivisionError"),
        ({"SCORE": lambda self, data: [Score(data.signals["task"][0].as_py(), 1.0)]}, "SCORE", "IndexError"),
        ({"SCORE": lambda self, data: [0.5]}, "SCORE", "no Score"),
        ({"SCORE": lambda self, data: [Score("elsewhere", 1.0)]}, "SCORE", "hold no task"),
        ({"SCORE": lambda self, data: [Score("task-0", None)]}, "SCORE", "without a reason"),
        ({"SCORE": lambda self, data: [Score("task-0", math.nan)]}, "SCORE", "undefined is None"),
        ({"SCORE": lambda self, data: [Score("task-0", "high")]}, "SCORE", "no number"),
        ({"SCORE": lambda self, data: [Score("task-0", 1.0)] * 2}, "SCORE", "two scores"),
        ({"SCORE": lambda self, data: [Score("task-0", random.random())]}, "SCORE", "not deterministic"),
        ({"SCORE": lambda self, data: [Score("task-0", 1.0, details={"x": {1, 2}})]}, "details", "TypeError"),
    ],
)
def test_a_wrong_scorer_is_caught(change: dict[str, Any], part: str, text: str) -> None:
    assert text in finding_of(part, check_scorer, broken(Counts, **change), million=False)


def test_a_scorer_that_takes_misspelt_settings_is_caught() -> None:
    def takes_all(self: Counts, config: Any = None) -> None:
        self.config = {}

    assert "misspelt" in finding_of(
        "config_schema", check_scorer, broken(Counts, __init__=takes_all), million=False
    )


def test_a_scorer_that_fails_on_many_signals_only_is_caught() -> None:
    def score(self: Counts, data: ScoringData) -> Iterable[Score]:
        if data.signals.num_rows > 500_000:
            raise MemoryError("too many")
        return Counts.SCORE(self, data)

    few = broken(Counts, SCORE=score)
    check_scorer(few, million=False)
    assert "MemoryError" in finding_of("SCORE", check_scorer, few)


def test_a_scorer_whose_parts_do_not_add_up_is_caught() -> None:
    assert "come in batches" in finding_of(
        "COMBINE", check_scorer, broken(Total, COMBINE=parts), million=False
    )


def consensus(**values: Any) -> Callable[..., list[Consensus]]:
    base = {"item": "item-0", "schema": "preference", "dimension": "preference", "label": "first", "n": 1}

    def aggregate(self: First, signals: pa.Table) -> list[Consensus]:
        has_it = "item-0" in signals["item"].to_pylist()
        return [Consensus(**{**base, **values})] if has_it or values.get("item") else []

    return aggregate


def share_of_all(self: First, signals: pa.Table) -> Iterable[Consensus]:
    items = signals["item"].unique().to_pylist()
    return [Consensus(item, "s", "d", value=float(signals.num_rows), n=1) for item in items]


@pytest.mark.parametrize(
    ("change", "part", "text"),
    [
        ({"scope": "planet"}, "scope", "must be"),
        ({"AGGREGATE": lambda self, signals: 1 / 0}, "AGGREGATE", "ZeroDivisionError"),
        ({"AGGREGATE": lambda self, signals: ["first"]}, "AGGREGATE", "no Consensus"),
        ({"AGGREGATE": consensus(item="elsewhere")}, "AGGREGATE", "no votes"),
        ({"AGGREGATE": consensus(probability=1.5)}, "probability", "not between"),
        ({"AGGREGATE": consensus(probability=math.nan)}, "AGGREGATE", "NaN"),
        ({"AGGREGATE": consensus(interval=(0.9, 0.1))}, "interval", "ends before"),
        ({"AGGREGATE": consensus(n=-1)}, "n", "-1"),
        ({"AGGREGATE": consensus(label=None)}, "method", "undecided"),
        ({"AGGREGATE": share_of_all}, "scope", "an item alone"),
    ],
)
def test_a_wrong_aggregator_is_caught(change: dict[str, Any], part: str, text: str) -> None:
    assert text in finding_of(part, check_aggregator, broken(First, **change), million=False)


def test_an_aggregator_that_says_two_things_is_caught() -> None:
    def twice(self: First, signals: pa.Table) -> list[Consensus]:
        return [*First.AGGREGATE(self, signals)] * 2

    assert "two results" in finding_of(
        "AGGREGATE", check_aggregator, broken(First, AGGREGATE=twice), million=False
    )


@pytest.mark.parametrize(
    ("change", "part", "text"),
    [
        ({"RANK": lambda self, items: [1.0]}, "RANK", "1 numbers for 0 items"),
        ({"RANK": lambda self, items: [math.inf] * len(items)}, "RANK", "no finite number"),
        ({"RANK": lambda self, items: [random.random() for _ in items]}, "RANK", "not deterministic"),
        ({"RANK": lambda self, items: [items[0].seq]}, "RANK", "IndexError"),
        ({"LANE": lambda self, task: "x" * 65}, "LANE", "at most 64"),
        ({"LANE": lambda self, task: 7}, "LANE", "a lane is a text"),
        ({"PICK": lambda self, window, annotator: "item-elsewhere"}, "PICK", "not in the window"),
    ],
)
def test_a_wrong_router_is_caught(change: dict[str, Any], part: str, text: str) -> None:
    assert text in finding_of(part, check_router, broken(Oldest, **change))


def test_a_router_that_picks_and_lanes_well_passes() -> None:
    def pick(self: Oldest, window: Sequence[ItemView], annotator: AnnotatorView) -> str | None:
        return window[-1].id if window else None

    check_router(broken(Oldest, PICK=pick, LANE=lambda self, task: "odd" if task.tags else ""))


def chunks(*given: Any) -> Callable[..., Iterator[Any]]:
    def generate(self: Yes, request: GenerationRequest) -> Iterator[Any]:
        yield from given

    return generate


USAGE: Usage = Usage(1, 2, 3)


@pytest.mark.parametrize(
    ("change", "part", "text"),
    [
        ({"models": lambda self: []}, "models", "gives []"),
        ({"models": lambda self: ["a", "a"]}, "models", "twice"),
        ({"required_env": ("",)}, "required_env", "names of environment variables"),
        ({"GENERATE": chunks()}, "GENERATE", "no chunk"),
        ({"GENERATE": chunks("Yes.")}, "GENERATE", "no Chunk"),
        ({"GENERATE": chunks(Chunk("Yes."))}, "GENERATE", "cut off"),
        ({"GENERATE": chunks(Chunk("Yes.", None, "stop"))}, "GENERATE", "without usage"),
        ({"GENERATE": chunks(Chunk("Y", USAGE, "stop"), Chunk("es.", USAGE, "stop"))}, "GENERATE", "goes on"),
    ],
)
def test_a_wrong_provider_is_caught(change: dict[str, Any], part: str, text: str) -> None:
    assert text in finding_of(part, check_llm_provider, broken(Yes, **change))


def test_a_provider_that_fails_with_an_error_of_its_own_is_caught() -> None:
    class Picky(Yes):
        key = "picky"
        known: ClassVar[dict[str, str]] = {"yes-1": "Yes."}

        def GENERATE(self, request: GenerationRequest) -> Iterator[Chunk]:
            """What it knows for the model."""
            yield Chunk(self.known[request.model], USAGE, "stop")

    assert "not a ProviderError" in finding_of("GENERATE", check_llm_provider, Picky)
