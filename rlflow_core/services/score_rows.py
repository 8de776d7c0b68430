"""How scores are stored: only what changed is written, since a project has a score for every label."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import Feedback, ScoreRow
from rlflow_core.plugin_api import Score, Scorer
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.provenance import ensure_version

NO_NUMBER = "The scorer gave no finite number and no reason."
AT_ONCE = 500

Row = dict[str, Any]
Key = tuple[str, str, str]
SAME = ("value", "reason", "details", "component_version_id", "config_hash")
"""What a stored row has in common with one that need not be written again."""


def read_stored(session: Session, project_id: str, scorer: Bound[Scorer]) -> dict[Key, Row]:
    """What is stored of a scorer by subject, dimension and metric; scores of the project are always written anew."""
    if scorer.component.scope == "project":
        return {}
    named = ("subject", "dimension", "metric", *SAME)
    rows = session.execute(
        select(*(getattr(ScoreRow, name) for name in named)).where(
            ScoreRow.project_id == project_id, ScoreRow.scorer == scorer.component.key
        )
    )
    return {(row.subject, row.dimension, row.metric): dict(zip(SAME, row[3:], strict=True)) for row in rows}


def replace(
    session: Session,
    project_id: str,
    scorer: Bound[Scorer],
    scores: Sequence[Score],
    stored: Mapping[Key, Row],
) -> int:
    """Put `scores` in place of the `stored` ones of the scorer; how many rows there are now."""
    version = ensure_version(session, scorer.registered)
    rows = {_key(row): row for row in (_row(project_id, scorer, version, score) for score in scores)}
    changed = {key[0] for key, row in rows.items() if stored.get(key) != {name: row[name] for name in SAME}}
    changed |= {key[0] for key in stored.keys() - rows.keys()}
    mine = (ScoreRow.project_id == project_id, ScoreRow.scorer == scorer.component.key)
    if scorer.component.scope == "project":
        session.execute(delete(ScoreRow).where(*mine))
    for subjects in _chunks(sorted(changed)):
        session.execute(delete(ScoreRow).where(*mine, ScoreRow.subject.in_(subjects)))
    written = [row for row in rows.values() if row["subject"] in changed]
    if written:
        session.execute(insert(ScoreRow), written)
    return len(rows)


def read_qualities(session: Session, project_id: str) -> dict[str, float | None]:
    """The quality score of every standing label of the project."""
    rows = session.execute(
        select(Feedback.id, Feedback.quality_score).where(
            Feedback.project_id == project_id, Feedback.state == "standing"
        )
    )
    return {feedback: quality for feedback, quality in rows}  # noqa: C416 - rows are no pairs for mypy


def fill_qualities(
    session: Session, project_id: str, scores: Sequence[Score], stored: Mapping[str, float | None]
) -> None:
    """Write the overall scores of labels to the labels themselves, where they differ from the `stored` ones."""
    overall = {score.subject: _finite(score) for score in scores if not score.metric and not score.dimension}
    changed = [
        {"feedback": feedback, "quality": value}
        for feedback, value in sorted(overall.items())
        if stored.get(feedback) != value
    ]
    table: Any = Feedback.__table__
    if changed:
        session.execute(
            update(table)
            .where(table.c.id == bindparam("feedback"), table.c.project_id == project_id)
            .values(quality_score=bindparam("quality")),
            changed,
        )


def config_hash(bound: Bound[Any]) -> str:
    """The SHA-256 of a component's stored config."""
    return hashlib.sha256(orjson.dumps(bound.config, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _row(project_id: str, scorer: Bound[Scorer], version: str, score: Score) -> Row:
    value = _finite(score)
    return {
        "project_id": project_id,
        "scorer": scorer.component.key,
        "scope": scorer.component.scope,
        "subject": score.subject,
        "dimension": score.dimension,
        "metric": score.metric,
        "value": value,
        "reason": None if value is not None else score.reason or NO_NUMBER,
        "details": dict(score.details),
        "component_version_id": version,
        "config_hash": config_hash(scorer),
    }


def _key(row: Mapping[str, Any]) -> Key:
    return row["subject"], row["dimension"], row["metric"]


def _finite(score: Score) -> float | None:
    return score.value if score.value is not None and math.isfinite(score.value) else None


def _chunks(subjects: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(subjects), AT_ONCE):
        yield subjects[start : start + AT_ONCE]
