"""Scores follow from the labels by a job; one scorer's fault leaves the others scored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import make_member, make_project, make_task
from flask import Flask
from plugin_files import write_plugin, write_scorer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.jobs.run import run_job
from rlflow_core.models import ComponentVersion, Feedback, Job, PluginFailure, ProjectMember, ScoreRow
from rlflow_core.plugin_host.host import get_host
from rlflow_core.services import metrics, queue, scoring
from rlflow_core.services.feedback import Submission
from rlflow_core.services.submitting import submit

# Rows are tasks, columns three annotators. By hand after Krippendorff (2011): two tasks have one odd vote each, which
# gives 2 · 2 / (3 - 1) off-diagonal coincidences a task; the 12 ratings are 7 times first, 4 second and 1 tie.
CHOICES = [("1", "1", "1"), ("1", "1", "2"), ("2", "2", "2"), ("1", "1", "tie")]
ALPHA = 1 - (12 - 1) * (2 * 2 / 2 + 2 * 2 / 2) / (12**2 - 7**2 - 4**2 - 1**2)


def label(app: Flask, scorers: list[dict[str, Any]]) -> str:
    """A project in which three annotators gave CHOICES about the outputs in their fixed order."""
    with app.app_context():
        project_id, annotators = db.transact(_build, scorers)
        host = get_host()
        for column, annotator in enumerate(annotators):
            for row in CHOICES:
                claimed = db.transact(queue.claim, project_id, annotator, host.component_set())
                assert claimed is not None
                answer = {"preference": {"choice": row[column]}}
                submit(host, annotator, Submission(claimed.id, {"response": answer}, "api", seconds=3.0))
        return project_id


def _build(session: Session, scorers: list[dict[str, Any]]) -> tuple[str, list[str]]:
    schemas = [{"name": "preference", "key": "pairwise", "config": {}}]
    project = make_project(session, wanted=3, scorers=scorers, reward_schemas=schemas, display_order="fixed")
    members = [make_member(session, project) for _ in range(3)]
    for _ in CHOICES:
        make_task(session, project)
    return project.id, [member.user_id for member in members]


def run_score_job(project_id: str) -> Job:
    job = db.read.scalars(select(Job).where(Job.kind == "score", Job.subject == project_id)).one()
    db.transact(lambda session: setattr(session.get_one(Job, job.id), "not_before", job.created_at))
    run_job(job.id)
    return db.read.scalars(select(Job).where(Job.id == job.id)).one()


def test_a_burst_of_labels_is_scored_by_one_job(app: Flask) -> None:
    project_id = label(app, [{"key": "agreement", "config": {}}])
    with app.app_context():
        assert run_score_job(project_id).state == "done"
        rows = {row.metric: row for row in db.read.scalars(select(ScoreRow))}
        assert rows["alpha"].value == pytest.approx(ALPHA, abs=1e-12)
        assert rows["alpha"].dimension == "preference.choice"
        version = db.read.get_one(ComponentVersion, rows["alpha"].component_version_id)
        assert (version.kind, version.key, version.distribution) == ("scorer", "agreement", "rlflow-core")


def test_scoring_twice_leaves_the_same_rows(app: Flask) -> None:
    project_id = label(app, [{"key": "agreement", "config": {}}])
    with app.app_context():
        job = run_score_job(project_id)
        before = {(row.metric, row.value) for row in db.read.scalars(select(ScoreRow))}
        db.transact(lambda session: setattr(session.get_one(Job, job.id), "state", "queued"))
        run_job(job.id)
        assert {(row.metric, row.value) for row in db.read.scalars(select(ScoreRow))} == before


def test_a_raising_and_a_hanging_scorer_leave_the_others_scored(
    app_with: Callable[..., Flask], tmp_path: Path
) -> None:
    write_scorer(tmp_path / "plugins", "raising", "raise ZeroDivisionError('none')")
    write_scorer(tmp_path / "plugins", "hanging", "while True: time.sleep(1)")
    write_scorer(
        tmp_path / "plugins", "odd", "return [Score('elsewhere', 1.0), Score(data.project, float('inf'))]"
    )
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"), RLFLOW_COMPONENT_TIMEOUT="2")
    keys = ("raising", "hanging", "odd", "agreement")
    project_id = label(app, [{"key": key, "config": {}} for key in keys])
    with app.app_context():
        job = run_score_job(project_id)
        assert job.state == "done"
        assert job.result is not None
        assert set(job.result["failed"]) == {"raising", "hanging"}
        assert "no answer for 2 seconds" in job.result["failed"]["hanging"]
        alpha = db.read.scalars(select(ScoreRow).where(ScoreRow.metric == "alpha")).one()
        assert alpha.value == pytest.approx(ALPHA, abs=1e-12)
        (odd,) = db.read.scalars(select(ScoreRow).where(ScoreRow.scorer == "odd"))
        assert (odd.value, odd.reason) == (None, "The scorer gave no finite number and no reason.")
        get_host().guard.close()


def test_the_results_count_what_was_said_and_name_nobody(app: Flask) -> None:
    project_id = label(app, [{"key": "agreement", "config": {}}])
    with app.app_context():
        assert metrics.quality(db.read, project_id).is_scoring
        run_score_job(project_id)
        found = metrics.quality(db.read, project_id)
        assert (found.tasks, found.outputs, found.empty_outputs, found.votes) == (4, 8, 0, 12)
        assert {(count.label, count.count) for count in found.labels} == {
            ("first", 7),
            ("second", 4),
            ("tie", 1),
        }
        pseudonyms = set(db.read.scalars(select(ProjectMember.pseudonym)))
        assert {(a.pseudonym in pseudonyms, a.votes, a.seconds) for a in found.annotators} == {(True, 4, 3.0)}
        assert not found.is_scoring
        assert {score.metric for score in found.scores} >= {"alpha", "kappa"}


def test_a_project_without_labels_has_reasons_instead_of_numbers(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        project_id, _ = db.transact(_build, [{"key": "agreement", "config": {}}])
        scored = scoring.compute(db.read, get_host(), project_id)
        db.transact(scoring.store, scored)
        rows = db.read.scalars(select(ScoreRow)).all()
        assert all(row.value is None and row.reason for row in rows)
        assert db.read.scalar(select(func.count()).select_from(Job)) == 0


def qualities() -> list[float | None]:
    """The quality scores in the order of CHOICES: one list per annotator, submitted one after the other."""
    return list(db.read.scalars(select(Feedback.quality_score).order_by(Feedback.id)))


def test_labels_show_the_score_of_the_first_scorer_of_feedback(app: Flask) -> None:
    keys = ("agreement", "consistency")
    project_id = label(app, [{"key": key, "config": {}} for key in keys])
    with app.app_context():
        assert qualities() == [None] * 12
        run_score_job(project_id)
        # The second task has one odd vote, of the third annotator, the fourth a tie of the same; the others agree.
        assert qualities() == [1.0, 0.5, 1.0, 0.5, 1.0, 0.5, 1.0, 0.5, 1.0, 0.0, 1.0, 0.0]
        rows = db.read.scalars(select(ScoreRow).where(ScoreRow.scorer == "consistency")).all()
        assert {(row.scope, row.dimension, row.metric) for row in rows} == {("feedback", "", "")}
        assert rows[0].details == {"others": 2, "dimensions": {"preference.choice": 1.0}}


def test_scores_that_did_not_change_are_not_written_again(app: Flask) -> None:
    project_id = label(app, [{"key": "consistency", "config": {}}])
    with app.app_context():
        run_score_job(project_id)
        before = {row.subject: row.id for row in db.read.scalars(select(ScoreRow))}
        third = db.read.scalars(select(ProjectMember.user_id).order_by(ProjectMember.user_id)).all()[-1]
        odd = db.read.scalars(select(Feedback).where(Feedback.annotator_id == third)).all()[1]
        db.transact(_withdraw, odd.id)
        scored = scoring.compute(db.read, get_host(), project_id)
        db.transact(scoring.store, scored)
        rows = {row.subject: row for row in db.read.scalars(select(ScoreRow))}
        same_item = db.read.scalars(select(Feedback.id).where(Feedback.item_id == odd.item_id)).all()
        assert {subject for subject, row in rows.items() if before[subject] != row.id} == {*same_item} - {
            odd.id
        }
        assert rows.keys() == before.keys() - {odd.id}
        assert {rows[subject].value for subject in same_item if subject != odd.id} == {1.0}


def _withdraw(session: Session, feedback_id: str) -> None:
    session.get_one(Feedback, feedback_id).state = "withdrawn"


NOSY = """
class Nosy(Scorer):
    key, title, version, scope = "nosy", "Nosy", "1", "feedback"
    needs = frozenset({"feedback"})

    def SCORE(self, data):
        return [Score(one, 0.25) for one in data.feedback["feedback"].to_pylist()] + [Score("elsewhere", 0.75)]

@hookimpl
def register_scorers():
    return [Nosy]
"""


def test_a_stranger_scores_the_labels_that_it_was_given_alone(
    app_with: Callable[..., Flask], tmp_path: Path
) -> None:
    write_plugin(tmp_path / "plugins", "nosy", NOSY)
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    project_id = label(app, [{"key": "nosy", "config": {}}])
    with app.app_context():
        run_score_job(project_id)
        assert qualities() == [0.25] * 12
        assert set(db.read.scalars(select(ScoreRow.subject))) == set(db.read.scalars(select(Feedback.id)))
        (failure,) = db.read.scalars(select(PluginFailure))
        assert "'elsewhere', which is no feedback that it was given" in failure.message
        get_host().guard.close()
