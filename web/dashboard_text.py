"""How the numbers of a dashboard are arranged and put into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rlflow_core.services.metrics import (
    Answer,
    Completion,
    Dashboard,
    Distribution,
    Forecast,
    Health,
    ProjectScore,
)
from rlflow_web import charts
from rlflow_web.formats import UNKNOWN, decimal, number, percent, plural
from rlflow_web.scores_text import LABELS, METRICS

HEADLINE = "alpha"
SIDES = {"first": 1, "second": -1}
AHEAD_AT_MOST = 2


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart for the eye, the same as numbers for a table, and as data for the module that draws it better."""

    title: str
    drawn: Any
    rows: tuple[tuple[str, int], ...]
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerBar:
    """One answer with its share; `depth` from 1 to 3 is how strongly it was meant, the longest bar has length 1."""

    label: str
    count: int
    share: float
    length: float
    depth: int
    decided: bool


@dataclass(frozen=True, slots=True)
class AnswerChart:
    """The answers on one dimension: bars, or a histogram of amounts."""

    name: str
    kind: str
    count: int
    note: str
    bars: tuple[AnswerBar, ...]
    plot: Plot | None


@dataclass(frozen=True, slots=True)
class AgreementGroup:
    """What one scorer says about one dimension, and from what."""

    scorer: str
    dimension: str
    scores: tuple[ProjectScore, ...]
    basis: str
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One thing that may be wrong: how bad, how often, and what of."""

    kind: str
    label: str
    note: str
    count: int


def throughput_plots(found: Dashboard) -> tuple[Plot, Plot] | None:
    """All labels so far with the way to the goal, and the labels of each bucket; None where there is no bucket."""
    points = found.throughput.points
    if not points:
        return None
    labels = [bucket_label(point.at, found.throughput.bucket) for point in points]
    counts = [point.labels for point in points]
    so_far = _running(counts, found.throughput.earlier)
    goal = found.completion.labels + found.completion.missing
    ahead = _ahead(found)
    drawn = charts.line(so_far, [*labels, *[""] * ahead], goal, ahead)
    finish = found.completion.forecast.at if ahead else None
    times = [int(point.at.timestamp()) for point in points]
    title = f"Labels per {found.throughput.bucket}"
    grown = {
        "x": times,
        "y": so_far,
        "goal": goal,
        "finish": finish and int(finish.timestamp()),
        "kind": "line",
    }
    each = {"x": times, "y": counts, "kind": "columns", "bucket": found.throughput.bucket}
    return (
        Plot("Labels so far", drawn, tuple(zip(labels, so_far, strict=True)), grown),
        Plot(title, charts.columns(counts, labels), _worth_telling(labels, counts), each),
    )


def bucket_label(at: datetime, bucket: str) -> str:
    """A bucket by its start, in UTC: `14:00`, `3 Nov` or `Nov 2026`."""
    if bucket == "hour":
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b}" if bucket == "day" else f"{at:%b %Y}"


def answer_charts(distributions: Iterable[Distribution]) -> list[AnswerChart]:
    """One chart per dimension."""
    return [_histogram(one) if one.bins else _bars(one) for one in distributions]


def agreement_groups(scores: Iterable[ProjectScore]) -> list[AgreementGroup]:
    """The scores by scorer and dimension."""
    groups: dict[tuple[str, str], list[ProjectScore]] = {}
    for score in scores:
        groups.setdefault((score.scorer, score.dimension), []).append(score)
    return [
        AgreementGroup(
            scorer, dimension, tuple(found), basis_text(found[0]), max(score.computed_at for score in found)
        )
        for (scorer, dimension), found in groups.items()
    ]


def headline(scores: Iterable[ProjectScore]) -> ProjectScore | None:
    """The score that stands for agreement: the first alpha, a defined one before others."""
    alphas = [score for score in scores if score.metric == HEADLINE]
    return next((score for score in alphas if score.value is not None), alphas[0] if alphas else None)


def metric_title(metric: str) -> str:
    """The name of a score's metric."""
    return METRICS.get(metric, metric.replace("_", " ").capitalize() or "Value")


def score_text(score: ProjectScore) -> str:
    """The value of a score, or an en dash."""
    if score.value is None:
        return decimal(None)
    return percent(score.value) if score.metric.startswith("percent") else decimal(score.value, 3)


def basis_text(score: ProjectScore) -> str:
    """What a score was computed from."""
    words = (("paired_units", "item"), ("raters", "annotator"), ("ratings", "rating"))
    known = ((score.basis.get(name), word) for name, word in words)
    return ", ".join(plural(count, word) for count, word in known if isinstance(count, int))


def day(at: datetime | None) -> str:
    """A day to come, in UTC: `25 Nov`, with the year where it is another; an en dash where it is unknown."""
    if at is None:
        return UNKNOWN
    return f"{at.day} {at:%b}" if at.year == datetime.now(UTC).year else f"{at.day} {at:%b %Y}"


def finish_note(completion: Completion) -> str:
    """At which rate the finish is expected, or why none is."""
    return pace_note(completion.forecast)


def pace_note(forecast: Forecast) -> str:
    """The rate of a forecast, or why there is none."""
    if forecast.reason:
        return forecast.reason
    return f"at {decimal(forecast.per_day, 0 if (forecast.per_day or 0) >= 10 else 1)} labels a day"


def health_lines(health: Health, completion: Completion) -> list[HealthLine]:
    """What may be wrong, the worst first; what is fine is left out, except what is simply not done."""
    lines = [
        HealthLine("bad", "Labels without signals", "a reward schema failed", health.underived),
        HealthLine("bad", "Plugin failures", "in this period", health.plugin_failures),
        HealthLine("bad", "Outputs that failed", f"of {number(health.outputs)}", health.failed_outputs),
        HealthLine("warn", "Empty outputs", f"of {number(health.outputs)}", health.empty_outputs),
        HealthLine(
            "warn", "Tasks without outputs", f"of {number(health.tasks)}", health.tasks_without_outputs
        ),
        HealthLine("", "Tasks that ask the same again", "same messages", health.duplicates),
        HealthLine("warn", "Set aside", "skipped too often", completion.parked),
        HealthLine("", "Annotators differ", _of(health.disagreement_share, "judged twice"), health.disagreed),
        HealthLine("", "Undecided preferences", _of(health.tie_share, "preferences"), health.ties),
        HealthLine("", "Not started yet", "", completion.untouched),
        HealthLine("", "Reservations expired", "in this period", health.expired),
    ]
    return [line for line in lines if line.count]


def _of(share: float | None, what: str) -> str:
    return "" if share is None else f"{percent(share)} of {what}"


def _running(counts: Sequence[int], start: int) -> list[int]:
    total, sums = start, []
    for count in counts:
        total += count
        sums.append(total)
    return sums


def _ahead(found: Dashboard) -> int:
    """How many further buckets the forecast takes, if they are not too many to be drawn."""
    finish, points = found.completion.forecast.at, found.throughput.points
    if finish is None or found.until is not None or len(points) < 2:
        return 0
    width = (points[-1].at - points[-2].at).total_seconds()
    ahead = max(1, round((finish - points[-1].at).total_seconds() / width))
    return ahead if ahead <= AHEAD_AT_MOST * len(points) else 0


def _worth_telling(labels: Sequence[str], counts: Sequence[int]) -> tuple[tuple[str, int], ...]:
    return tuple((label, count) for label, count in zip(labels, counts, strict=True) if count)


def _histogram(one: Distribution) -> AnswerChart:
    labels = [_bin_label(found.low, found.high) for found in one.bins]
    counts = [found.count for found in one.bins]
    middles = [(found.low + found.high) / 2 for found in one.bins]
    data = {"x": middles, "y": counts, "kind": "histogram"}
    plot = Plot(
        "How often each amount was given",
        charts.columns(counts, labels),
        tuple(zip(labels, counts, strict=True)),
        data,
    )
    moments = f"Mean {decimal(one.mean)}, standard deviation {decimal(one.deviation)}"
    note = f"{moments}, from {_short(one.low)} to {_short(one.high)}."
    return AnswerChart(_name(one), one.kind, one.count, note, (), plot)


def _bin_label(low: float, high: float) -> str:
    """The one whole number that a bin holds, else both its ends."""
    if high - low == 1 and low % 1 == 0.5:
        return _short(low + 0.5)
    return f"{_short(low)} to {_short(high)}"


def _short(value: float | None) -> str:
    return decimal(None) if value is None else f"{value:.6g}".replace("-", "−")


def _bars(one: Distribution) -> AnswerChart:
    ordered = sorted(one.answers, key=_place)
    most = max((answer.count for answer in one.answers), default=0) or 1
    strongest = max((abs(answer.value or 0) for answer in one.answers), default=0)
    bars = tuple(
        AnswerBar(
            label=_answer_label(one.kind, answer, strongest),
            count=answer.count,
            share=answer.count / one.count if one.count else 0.0,
            length=answer.count / most,
            depth=_depth(answer, strongest) if one.kind == "preference" else 1,
            decided=one.kind != "preference" or answer.label in SIDES,
        )
        for answer in ordered
    )
    note = one.reason or _decided(one)
    return AnswerChart(_name(one), one.kind, one.count, note, bars, None)


def _name(one: Distribution) -> str:
    return f"{one.schema}.{one.dimension}"


def _place(answer: Answer) -> tuple[float, float, str]:
    """First before ties before second, the strong ones outside; other answers by value and label."""
    side = SIDES.get(answer.label or "")
    if side is not None:
        return (-side, -(answer.value or 0), "")
    if answer.label in LABELS:
        return (0 if answer.label == "tie" else 2, 0, "")
    return (0, answer.value or 0, answer.label or "")


def _answer_label(kind: str, answer: Answer, strongest: int) -> str:
    if answer.label is not None:
        label = LABELS.get(answer.label, answer.label)
        shows_strength = answer.label in SIDES and strongest > 1 and answer.value
        return f"{label}, by {abs(answer.value or 0)}" if shows_strength else label
    if kind == "rank":
        return f"Rank {answer.value}"
    signed = f"{answer.value:+d}" if kind == "step" and answer.value else str(answer.value)
    return signed.replace("-", "−")


def _depth(answer: Answer, strongest: int) -> int:
    if strongest <= 1 or not answer.value:
        return 2 if answer.label in SIDES else 1
    return max(1, min(3, round(3 * abs(answer.value) / strongest)))


def _decided(one: Distribution) -> str:
    if one.kind != "preference":
        return ""
    first = sum(answer.count for answer in one.answers if answer.label == "first")
    second = sum(answer.count for answer in one.answers if answer.label == "second")
    if not first + second:
        return ""
    return f"The first output won {percent(first / (first + second))} of {plural(first + second, 'decided label')}."
