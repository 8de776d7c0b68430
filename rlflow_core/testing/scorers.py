"""The conformance check of scorers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, get_args

import orjson
import pyarrow as pa

from rlflow_core.database import JSON_OPTIONS
from rlflow_core.plugin_api import Need, Scope, Score, Scorer, ScoringData
from rlflow_core.testing.examples import many_signals, scoring_data
from rlflow_core.testing.findings import Findings
from rlflow_core.testing.identity import built

SCORE = "SCORE"
SUBJECTS = {"feedback": "feedback", "task": "task", "annotator": "annotator"}
CLOSE = 1e-9


def check_scorer(
    cls: type[Scorer],
    config: Mapping[str, Any] | None = None,
    data: ScoringData | None = None,
    *,
    million: bool = True,
) -> None:
    """Raise NotConforming where a scorer breaks its contract; `data` are votes it should give defined scores for.

    It is tried without votes, with one, with some and, unless told otherwise, with a million signals.
    """
    found = Findings(cls)
    scorer = built(Scorer, cls, config, found)
    if scorer is not None:
        found.expect(
            getattr(cls, "scope", None) in get_args(Scope), "scope", f"must be one of {get_args(Scope)}"
        )
        unknown = set(cls.needs) - set(get_args(Need))
        found.expect(not unknown, "needs", f"names {sorted(unknown)}; there are {get_args(Need)}")
        some = data or scoring_data()
        for votes in (ScoringData(some.project, some.dimensions), scoring_data(tasks=1, annotators=1), some):
            _check(scorer, _needed(scorer, votes), found)
        if cls.incremental:
            _check_parts(scorer, some, found)
        if million:
            _check(scorer, _needed(scorer, many_signals()), found, again=False)
    found.finish()


def scores_of(scorer: Scorer, data: ScoringData) -> list[Score]:
    """The scores of `data`, as the core asks for them."""
    if scorer.incremental:
        return _combined(scorer, data.project, [scorer.SUMMARISE(data)])
    return list(scorer.SCORE(data))


def _combined(scorer: Scorer, project: str, summaries: Iterable[pa.Table]) -> list[Score]:
    return list(scorer.COMBINE(project, summaries))


def _needed(scorer: Scorer, data: ScoringData) -> ScoringData:
    """Only the tables that the scorer asks for; the others are empty, as in a job."""
    tables = {name: getattr(data, name) for name in scorer.needs if hasattr(data, name)}
    return ScoringData(data.project, data.dimensions, **tables)


def _check(scorer: Scorer, data: ScoringData, found: Findings, *, again: bool = True) -> None:
    scores = found.run(SCORE, scores_of, scorer, data)
    if scores is None:
        return
    strange = next((score for score in scores if not isinstance(score, Score)), None)
    if not found.expect(strange is None, SCORE, f"gives {strange!r}, which is no Score"):
        return
    for score in scores:
        _check_value(score, found)
    _check_subjects(scorer, data, scores, found)
    names = [(score.subject, score.metric, score.dimension) for score in scores]
    found.expect(
        len(set(names)) == len(names), SCORE, "gives two scores for one subject, metric and dimension"
    )
    if again:
        repeated = found.run(SCORE, scores_of, scorer, data)
        found.expect(
            repeated == scores, SCORE, "gives other scores when asked again: it is not deterministic"
        )


def _check_value(score: Score, found: Findings) -> None:
    if score.value is None:
        found.expect(bool(score.reason), SCORE, "leaves a score undefined without a reason")
        return
    is_number = isinstance(score.value, int | float) and not isinstance(score.value, bool)
    if found.expect(is_number, SCORE, f"gives the value {score.value!r}, which is no number"):
        found.expect(
            math.isfinite(score.value), SCORE, f"gives {score.value}: undefined is None with a reason"
        )
    found.run("details", orjson.dumps, dict(score.details), option=JSON_OPTIONS)


def _check_subjects(scorer: Scorer, data: ScoringData, scores: Iterable[Score], found: Findings) -> None:
    column = SUBJECTS.get(scorer.scope)
    if column is None:
        strange = {score.subject for score in scores} - {data.project}
    else:
        tables = [
            table for table in (data.signals, data.feedback, data.tasks) if column in table.column_names
        ]
        known = {subject for table in tables for subject in table[column].unique().to_pylist()}
        strange = {score.subject for score in scores} - known
    found.expect(
        not strange,
        SCORE,
        f"scores {sorted(map(str, strange))[:3]}, of which the votes hold no {scorer.scope}",
    )


def _check_parts(scorer: Scorer, data: ScoringData, found: Findings) -> None:
    """The scores of votes that come in several batches, in any order, are those of all at once."""
    whole = found.run("COMBINE", scores_of, scorer, data)
    parts = [_needed(scorer, _only(data, part)) for part in _thirds(data.signals)]
    summaries = [found.run("SUMMARISE", scorer.SUMMARISE, part) for part in parts]
    if whole is None or any(summary is None for summary in summaries):
        return
    for order in (summaries, summaries[::-1]):
        combined = found.run("COMBINE", _combined, scorer, data.project, order)
        if combined is not None:
            found.expect(
                _is_close(whole, combined), "COMBINE", "gives other scores for votes that come in batches"
            )


def _thirds(signals: pa.Table) -> list[pa.Table]:
    """The signals in three batches, all those of one item in the same one."""
    items = signals["item"].unique().to_pylist()
    return [
        signals.filter(pa.compute.is_in(signals["item"], pa.array(items[start::3]))) for start in range(3)
    ]


def _only(data: ScoringData, signals: pa.Table) -> ScoringData:
    return ScoringData(data.project, data.dimensions, signals, data.feedback, data.outputs, data.tasks)


def _is_close(left: Iterable[Score], right: Iterable[Score]) -> bool:
    def by_name(scores: Iterable[Score]) -> dict[tuple[str, str, str], float | None]:
        return {(score.subject, score.metric, score.dimension): score.value for score in scores}

    ours, theirs = by_name(left), by_name(right)
    return ours.keys() == theirs.keys() and all(
        (value is None and theirs[name] is None)
        or (value is not None and theirs[name] is not None and abs(value - (theirs[name] or 0)) <= CLOSE)
        for name, value in ours.items()
    )
