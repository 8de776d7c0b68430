"""Runs a project's scorers over its labels and stores their newest values, each with what computed it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from rlflow_core.models import Project
from rlflow_core.plugin_api import Score, Scorer, ScoringData
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.plugin_host.problems import ComponentFault, Problem
from rlflow_core.services import score_rows, tables
from rlflow_core.services.project_settings import ProjectComponents
from rlflow_core.services.project_tallies import note_change
from rlflow_core.services.projects import components
from rlflow_core.services.score_rows import Key, Row


@dataclass(frozen=True, slots=True)
class Scored:
    """What one scorer gave, and what is stored of it; `fills_quality` when labels show its numbers."""

    scorer: Bound[Scorer]
    scores: tuple[Score, ...]
    stored: Mapping[Key, Row]
    fills_quality: bool


@dataclass(frozen=True, slots=True)
class ScoredProject:
    """What scoring a project came to, the quality scores that its labels show, and which scorers failed and why."""

    project_id: str
    results: tuple[Scored, ...]
    qualities: Mapping[str, float | None]
    failed: Mapping[str, str]


def compute(session: Session, host: PluginHost, project_id: str) -> ScoredProject:
    """The scores of all scorers of the project; one that fails leaves the others scored."""
    parts = components(session, host, session.get_one(Project, project_id))
    data = _data(session, project_id, parts)
    quality = parts.quality_scorer
    qualities = {} if quality is None else score_rows.read_qualities(session, project_id)
    known: dict[str, Container[str]] = {"project": {project_id}, "feedback": qualities}
    results: list[Scored] = []
    failed: dict[str, str] = {}
    for scorer in parts.scorers:
        try:
            scores = host.guard.call(scorer, "SCORE", data)
        except ComponentFault as fault:
            failed[scorer.component.key] = str(fault)
            continue
        sound = _sound(host, scorer, scores, known.get(scorer.component.scope))
        stored = score_rows.read_stored(session, project_id, scorer)
        results.append(Scored(scorer, tuple(sound), stored, fills_quality=scorer is quality))
    return ScoredProject(project_id, tuple(results), qualities, failed)


def store(session: Session, scored: ScoredProject) -> int:
    """The scores in place of the earlier ones of the same scorers; how many rows there are now."""
    count = 0
    for one in scored.results:
        count += score_rows.replace(session, scored.project_id, one.scorer, one.scores, one.stored)
        if one.fills_quality:
            score_rows.fill_qualities(session, scored.project_id, one.scores, scored.qualities)
    note_change(session, scored.project_id)
    return count


def _data(session: Session, project_id: str, parts: ProjectComponents) -> ScoringData:
    needed = {need for scorer in parts.scorers for need in scorer.component.needs}
    read = {need: tables.read(session, need, project_id) for need in sorted(needed)}
    return ScoringData(project=project_id, dimensions=parts.dimensions, **read)


def _sound(
    host: PluginHost, scorer: Bound[Scorer], scores: Sequence[Score], known: Container[str] | None
) -> list[Score]:
    """The scores that can be stored; one about nothing that the scorer could know is recorded as its fault."""
    sound: dict[Key, Score] = {}
    for score in scores:
        if known is not None and score.subject not in known:
            text = f"scored {score.subject[:80]!r}, which is no {scorer.component.scope} that it was given"
            source = scorer.registered.source.name
            host.ledger.record(Problem(source, "SCORE", text, "scorer", scorer.component.key))
            continue
        sound[score.subject, score.dimension, score.metric] = score
    return list(sound.values())
