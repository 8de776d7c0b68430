"""How a researcher's start page puts the pulse of projects into words and small charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rlflow_core.services.metrics import Forecast, ProjectScore
from rlflow_core.services.overviews import ProjectSummary
from rlflow_core.services.pulses import Pulse
from rlflow_web import charts
from rlflow_web.dashboard_text import basis_text, bucket_label, day, headline, pace_note
from rlflow_web.formats import UNKNOWN, decimal, number, plural

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PUT_AWAY = ("draft", "archived")
NO_SCORE = "No scorer has said yet how far annotators agree."


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says: a value or an en dash, a note below it, and the whole of it on hover."""

    text: str
    note: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One project in the table; `spark` is empty where nothing was labeled in these days."""

    project: ProjectSummary
    spark: tuple[charts.Column, ...]
    spark_text: str
    agreement: Cell
    people: int
    finish: Cell


@dataclass(frozen=True, slots=True)
class Week:
    """This week's labels against last week's; `days` are weekday, last week, this week (None: still to come)."""

    drawn: charts.Pairs
    days: tuple[tuple[str, int, int | None], ...]
    sentence: str


def rows(projects: Iterable[ProjectSummary], pulses: Mapping[str, Pulse], now: datetime) -> list[Row]:
    """A row per project."""
    return [_row(project, pulses[project.id], now) for project in projects]


def active(projects: Sequence[ProjectSummary]) -> list[ProjectSummary]:
    """The projects without drafts and archived ones."""
    return [project for project in projects if project.status not in PUT_AWAY]


def counted(projects: Sequence[ProjectSummary]) -> str:
    """How many projects there are of each state: `3 running, 1 finished, 2 drafts`."""
    states = [_state(project) for project in projects]
    drafts = states.count("draft")
    words = [
        f"{number(states.count(word))} {word}" for word in ("running", "paused", "finished") if word in states
    ]
    words += [plural(drafts, "draft")] if drafts else []
    words += [f"{number(states.count('archived'))} archived"] if "archived" in states else []
    return ", ".join(words)


def week(pulses: Iterable[Pulse], now: datetime) -> Week | None:
    """The labels of all projects by weekday; None where there are none this week or last."""
    days = [sum(counts) for counts in zip(*(pulse.days for pulse in pulses), strict=True)]
    today = now.weekday()
    this = days[len(days) - 1 - today :]
    last = days[-8 - today : len(days) - 1 - today]
    if not any([*last, *this]):
        return None
    by_now = sum(last[: today + 1])
    sentence = f"{number(sum(this))} so far; last week {number(by_now)} by {WEEKDAYS[today]} night"
    return Week(
        drawn=charts.pairs(last, this, [name[:3] for name in WEEKDAYS]),
        days=tuple(
            (name, last[place], this[place] if place <= today else None)
            for place, name in enumerate(WEEKDAYS)
        ),
        sentence=sentence,
    )


def _state(project: ProjectSummary) -> str:
    if project.status in PUT_AWAY:
        return project.status
    if project.is_complete or project.status == "completed":
        return "finished"
    return "running" if project.status == "open" else project.status


def _row(project: ProjectSummary, pulse: Pulse, now: datetime) -> Row:
    ago = range(len(pulse.days) - 1, -1, -1)
    labels = [bucket_label(now - timedelta(days=days), "day") for days in ago]
    return Row(
        project=project,
        spark=charts.spark(pulse.days, labels) if any(pulse.days) else (),
        spark_text=_spark_text(pulse.days, labels),
        agreement=_agreement(headline(pulse.scores)),
        people=pulse.people,
        finish=_finish(project, pulse.forecast),
    )


def _spark_text(days: Sequence[int], labels: Sequence[str]) -> str:
    most = max(days)
    best = "" if not most else f", at most {number(most)} on {labels[days.index(most)]}"
    return f"{plural(sum(days), 'label')} in {len(days)} days, {number(days[-1])} today{best}"


def _agreement(score: ProjectScore | None) -> Cell:
    if score is None:
        return Cell(UNKNOWN, title=NO_SCORE)
    if score.value is None:
        return Cell(UNKNOWN, title=score.reason or NO_SCORE)
    basis = basis_text(score)
    items = score.basis.get("paired_units")
    return Cell(
        decimal(score.value),
        f"on {plural(items, 'item')}" if isinstance(items, int) else "",
        f"Krippendorff’s α of {score.dimension}" + (f": {basis}" if basis else ""),
    )


def _finish(project: ProjectSummary, forecast: Forecast) -> Cell:
    """When it will be finished; a project that hands out no work has no date, whatever its pace was."""
    state = _state(project)
    if state == "finished":
        return Cell("finished")
    if not project.items:
        return Cell(UNKNOWN, "nothing to judge", forecast.reason or "")
    if state != "running":
        return Cell(UNKNOWN, state, f"It is {state}, so it hands out no work.")
    if forecast.at is not None:
        return Cell(day(forecast.at), pace_note(forecast), "At the rate of the last 7 days")
    if forecast.per_day is not None:
        return Cell(UNKNOWN, "over ten years", forecast.reason or "")
    return Cell(UNKNOWN, "no label in 7 days" if project.judged else "no pace yet", forecast.reason or "")
