"""Imported lines become tasks with outputs and votes, or named problems; never a crash, never half a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from factories import make_user
from import_scene import PAIR, VOTED, ImportScene, as_file, count, only
from people import Cast
from queries import asked_of
from sqlalchemy import select

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobLost
from rlflow_core.jobs.run import run_job
from rlflow_core.models import (
    AgentOutput,
    Feedback,
    FeedbackRevision,
    Job,
    ProjectMember,
    SignalRow,
    Task,
    TaskAssignment,
    TaskImport,
    TaskItem,
    User,
)
from rlflow_core.services import imports, tasks
from rlflow_core.services.import_sources import entries
from rlflow_core.services.imported_annotators import imported_email


@pytest.fixture
def scene(cast: Cast) -> Iterator[ImportScene]:
    with cast.app.app_context():
        yield ImportScene(cast.alice)


@pytest.fixture
def light(sqlite_cast: Cast) -> Iterator[ImportScene]:
    """A scene on SQLite, for what does not depend on the database."""
    with sqlite_cast.app.app_context():
        yield ImportScene(sqlite_cast.alice)


def test_a_line_becomes_a_task_with_its_outputs_and_an_item(scene: ImportScene) -> None:
    line = {
        "key": "row-1",
        "prompt": "Why?",
        "content": {"context": "Because."},
        "outputs": ["One.", {"output": "", "model_id": "m-2", "seed": 7, "metadata": {"run": 3}}],
        "tags": ["easy"],
        "metadata": {"from": "here"},
        "priority": 5,
    }
    done = scene.run([line])
    assert (done.lines, done.tasks, done.outputs, done.empty_outputs, done.votes) == (1, 1, 2, 1, 0)
    task = only(Task)
    assert (task.prompt, task.key, task.tags, task.meta) == ("Why?", "row-1", ["easy"], {"from": "here"})
    assert (task.priority, task.import_id, task.seq, task.status) == (5, done.id, 1, "open")
    first, second = db.read.scalars(select(AgentOutput).order_by(AgentOutput.index))
    assert (first.output, first.model_id) == ("One.", None)
    assert (second.output, second.model_id, second.seed, second.meta) == ("", "m-2", 7, {"run": 3})
    item = only(TaskItem)
    assert (item.outputs, item.rank, item.wanted, item.places_left) == ([first.id, second.id], 1.0, 3, 3)


def test_a_vote_becomes_completed_feedback_of_an_annotator_who_cannot_sign_in(scene: ImportScene) -> None:
    vote = {
        "annotator": "Ann Ω",
        "response": {"preference": {"choice": "2", "strength": 3}, "rationale": {"text": "Shorter."}},
        "created_at": "2024-03-01T12:00:00+02:00",
        "seconds": 12.5,
    }
    scene.run([{**PAIR, "feedback": [vote]}])
    user = db.read.scalars(select(User).where(User.kind == "imported")).one()
    assert user.email == f"Ann Ω@{scene.project_id}.imported"
    assert (user.role, user.password_hash) == ("annotator", None)
    assert db.read.get_one(ProjectMember, (scene.project_id, user.id)).role == "annotator"
    first, second = db.read.scalars(select(AgentOutput.id).order_by(AgentOutput.index))
    assignment, feedback = only(TaskAssignment), only(Feedback)
    assert (assignment.state, assignment.purpose, assignment.shown) == ("completed", "vote", [first, second])
    assert assignment.completed_at == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert (assignment.completed_at - assignment.assigned_at).total_seconds() == 12.5
    assert (feedback.source, feedback.state, feedback.rationale) == ("import", "standing", "Shorter.")
    assert (feedback.active_ms, feedback.annotator_id) == (12_500, user.id)
    assert assignment.component_set_id == feedback.component_set_id is not None
    assert only(FeedbackRevision).response == vote["response"]
    preference = db.read.scalars(select(SignalRow).where(SignalRow.kind == "preference")).one()
    assert (preference.output_id, preference.other_output_id) == (first, second)
    assert (preference.label, preference.value, preference.position) == ("second", -3.0, 0)


def test_votes_take_places_and_more_votes_than_wanted_raise_it(scene: ImportScene) -> None:
    votes = [{"annotator": f"a{n}", "preference": "first"} for n in range(4)]
    scene.run([{**PAIR, "feedback": votes}, {**PAIR, "feedback": votes[:1]}])
    many, one = db.read.scalars(select(TaskItem).order_by(TaskItem.rank))
    assert (many.wanted, many.places_left) == (4, 0)
    assert (one.wanted, one.places_left) == (3, 2)
    assert count(User) == 4 + 4, "the cast and one account per name"


def test_the_same_name_is_one_person_in_a_project_and_another_in_the_next(scene: ImportScene) -> None:
    scene.run([VOTED, VOTED])
    ImportScene(scene.viewer).run([VOTED])
    people = db.read.scalars(select(User.email).where(User.kind == "imported")).all()
    assert len(people) == len(set(people)) == 2


def test_names_that_differ_by_case_are_different_people(light: ImportScene) -> None:
    votes = [{"annotator": name, "preference": "tie"} for name in ("ab", "aB")]
    assert light.run([{**PAIR, "feedback": votes}]).votes == 2


def test_nobody_signs_in_as_an_imported_annotator(sqlite_cast: Cast) -> None:
    with sqlite_cast.app.app_context():
        scene = ImportScene(sqlite_cast.alice)
        scene.run([VOTED])
    body = {"email": f"ann@{scene.project_id}.imported", "password": "any password at all"}
    assert sqlite_cast.anonymous().post("/api/v1/auth/login", json=body).status_code == 401


def test_votes_are_never_put_down_to_a_person_who_took_the_address(light: ImportScene) -> None:
    db.transact(make_user, imported_email(light.project_id, "ann"))
    started = light.upload(as_file([VOTED]))
    run_job(started.job_id)
    done = imports.get(db.read, light.viewer, started.id)
    assert (done.state, done.votes) == ("failed", 0)
    assert (done.error or "").endswith("Rename the annotator in the file.")
    assert count(ProjectMember) == 1


def test_with_pairs_a_vote_names_what_it_compares(scene: ImportScene) -> None:
    pairs = ImportScene(scene.viewer, pairing="all_pairs")
    votes = [
        {"annotator": "ann", "preference": "first", "outputs": [1, 3]},
        {"annotator": "ann", "preference": "first", "outputs": [3, 2]},
    ]
    done = pairs.run([{"prompt": "?", "outputs": ["a", "b", "c"], "feedback": votes}])
    assert (done.tasks, done.votes, count(TaskItem)) == (1, 2, 3)
    ids = db.read.scalars(select(AgentOutput.id).order_by(AgentOutput.index)).all()
    labels = {
        (ids.index(row.output_id), ids.index(row.other_output_id)): (row.label, row.position)
        for row in db.read.scalars(select(SignalRow))
    }
    assert labels == {(0, 2): ("first", 0), (1, 2): ("second", 1)}, "the order shown is the order named"


def test_a_finished_import_has_its_votes_scored_and_its_items_ranked(scene: ImportScene) -> None:
    scene.run([VOTED])
    queued = db.read.scalars(select(Job.kind).where(Job.subject == scene.project_id)).all()
    assert sorted(queued) == ["assign", "score"]


def test_the_file_is_gone_after_its_import(light: ImportScene) -> None:
    light.run([PAIR])
    assert list(imports.folder(light.app.config["RLFLOW"]).iterdir()) == []


def test_a_key_that_was_imported_before_is_recognised(scene: ImportScene) -> None:
    scene.run([{**PAIR, "key": "one"}])
    again = scene.run([{**PAIR, "key": "one"}, {**PAIR, "key": "two"}, {**PAIR, "key": "two"}])
    assert (again.tasks, again.refused) == (1, 2)
    assert [(problem.line, problem.reason) for problem in again.problems] == [
        (1, "'one' was imported before."),
        (3, "'two' stands on an earlier line of this file."),
    ]


def test_a_key_may_be_used_in_another_project(scene: ImportScene) -> None:
    scene.run([{**PAIR, "key": "one"}])
    assert ImportScene(scene.viewer).run([{**PAIR, "key": "one"}]).tasks == 1


def test_a_killed_import_goes_on_where_it_stopped(
    scene: ImportScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "BATCH_ENTRIES", 10)
    started = scene.upload(as_file([{**VOTED, "prompt": f"{n}?"} for n in range(35)] + ["{"]))
    store = imports.store
    calls = 0

    def die_after_two(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise JobLost
        store(*args)

    monkeypatch.setattr(imports, "store", die_after_two)
    run_job(started.job_id)
    assert imports.get(db.read, scene.viewer, started.id).lines == 20
    monkeypatch.setattr(imports, "store", store)
    db.transact(lambda session: setattr(session.get_one(Job, started.job_id), "heartbeat_at", None))
    run_job(started.job_id)
    done = imports.get(db.read, scene.viewer, started.id)
    assert (done.state, done.lines, done.tasks, done.votes, done.refused) == ("done", 36, 35, 35, 1)
    prompts = Counter(db.read.scalars(select(Task.prompt)))
    assert prompts == Counter(f"{n}?" for n in range(35))
    assert sorted(db.read.scalars(select(Task.seq))) == list(range(1, 36))


def test_two_attempts_at_one_import_do_not_double_it(scene: ImportScene) -> None:
    started = scene.upload(as_file([PAIR]))
    with db.reading() as session:
        opened = imports.open_import(session, scene.app.extensions["plugin_host"], started.id)
    run_job(started.job_id)
    late = imports.Batch(1, 1, [], [])
    with pytest.raises(imports.Overtaken):
        db.transact(imports.store, opened, late, "")
    assert only(TaskImport).tasks == 1


def test_an_archived_project_takes_no_more(light: ImportScene) -> None:
    started = light.upload(as_file([PAIR]))
    db.transact(lambda session: setattr(tasks.hold_project(session, light.project_id), "status", "archived"))
    run_job(started.job_id)
    done = imports.get(db.read, light.viewer, started.id)
    assert (done.state, done.error) == (
        "failed",
        "The project is archived. Open it again, or choose another.",
    )


def test_the_statements_of_an_import_do_not_grow_with_its_lines(scene: ImportScene) -> None:
    def asked(lines: int) -> int:
        rows = [{**VOTED, "key": f"{lines}-{n}"} for n in range(lines)]
        started = scene.upload(as_file(rows))
        with asked_of(scene.app) as statements:
            run_job(started.job_id)
        assert imports.get(db.read, scene.viewer, started.id).votes == lines
        return len(statements)

    asked(1)
    few, many = asked(5), asked(entries.BATCH_ENTRIES)
    # A job that waits already is looked up instead of made.
    assert many <= few + 5 <= 50
