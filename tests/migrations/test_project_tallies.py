"""The tallies of projects are what counting says: after going up over data, and after every change of a row."""

from __future__ import annotations

from typing import Any

import flask_migrate
from factories import make_member, make_project, make_task
from flask import Flask
from labels import prefer
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import (
    AgentOutput,
    Feedback,
    Project,
    ProjectTally,
    Task,
    TaskItem,
    TaskVersion,
    db_now,
)

SUMS = (
    "tasks",
    "items",
    "open_items",
    "parked_items",
    "untouched_items",
    "wanted",
    "places_left",
    "open_places",
)
COUNTED = """
    SELECT (SELECT count(*) FROM tasks WHERE project_id = p.id), count(i.id),
      count(CASE WHEN i.places_left > 0 THEN 1 END), count(i.parked_at),
      count(CASE WHEN i.wanted > 0 AND i.places_left = i.wanted THEN 1 END),
      coalesce(sum(i.wanted), 0), coalesce(sum(i.places_left), 0),
      coalesce(sum(CASE WHEN i.places_left > 0 THEN i.places_left ELSE 0 END), 0)
    FROM projects p LEFT JOIN task_items i ON i.project_id = p.id WHERE p.id = :project GROUP BY p.id
"""


def tallied(session: Session, project_id: str) -> list[int]:
    columns = (func.coalesce(func.sum(getattr(ProjectTally, name)), 0) for name in SUMS)
    found = session.execute(select(*columns).where(ProjectTally.project_id == project_id)).one()
    return [int(value) for value in found]


def counted(session: Session, project_id: str) -> list[int]:
    return [int(value) for value in session.execute(text(COUNTED), {"project": project_id}).one()]


def changes(session: Session, project_id: str) -> int:
    query = select(func.sum(ProjectTally.changes)).where(ProjectTally.project_id == project_id)
    return int(session.scalar(query) or 0)


def make(session: Session) -> str:
    project = make_project(session, wanted=3)
    for _ in range(3):
        make_task(session, project)
    make_task(session, project, wanted=0)
    return project.id


def test_the_tallies_follow_every_change(app: Flask) -> None:
    with app.app_context():
        project_id = db.transact(make)
        other_id = db.transact(make)
        items = select(TaskItem.id).where(TaskItem.project_id == project_id).order_by(TaskItem.rank)
        first, second, *_ = list(db.read.scalars(items))
        task = select(Task.id).where(Task.project_id == project_id).order_by(Task.seq.desc()).limit(1)
        last = db.read.scalar(task)
        steps: list[Any] = [
            update(TaskItem).where(TaskItem.id == first).values(places_left=TaskItem.places_left - 1),
            update(TaskItem).where(TaskItem.id == first).values(version=TaskItem.version + 1),
            update(TaskItem).where(TaskItem.id == first).values(wanted=1, places_left=-1),
            update(TaskItem).where(TaskItem.project_id == project_id).values(wanted=5, places_left=2),
            update(TaskItem).where(TaskItem.id == second).values(parked_at=db_now()),
            update(TaskItem).where(TaskItem.id == second).values(parked_at=None, places_left=5),
            update(Task).where(Task.id == last).values(status="paused"),
            update(AgentOutput).where(AgentOutput.task_id == last).values(stale=True),
            delete(AgentOutput).where(AgentOutput.task_id == last),
            delete(TaskItem).where(TaskItem.task_id == last),
            delete(TaskVersion).where(TaskVersion.task_id == last),
            delete(Task).where(Task.id == last),
        ]
        untouched = db.read.execute(text(COUNTED), {"project": other_id}).one()
        for number, step in enumerate(steps):
            with db.reading() as session:
                before = changes(session, project_id)
            db.transact(Session.execute, step)
            with db.reading() as session:
                assert tallied(session, project_id) == counted(session, project_id), number
                is_seen = step.table.name != "task_versions"
                assert (changes(session, project_id) > before) == is_seen, number
                assert tallied(session, other_id) == list(untouched)


def test_a_label_is_a_change_however_it_comes_and_goes(app: Flask) -> None:
    with app.app_context():
        project_id = db.transact(make)

        def label(session: Session) -> None:
            project = session.get_one(Project, project_id)
            item = session.scalars(select(TaskItem).where(TaskItem.project_id == project_id).limit(1)).one()
            prefer(session, item, make_member(session, project), "first")

        for step in (label, withdraw, edit):
            with db.reading() as session:
                before = changes(session, project_id)
            db.transact(step)
            with db.reading() as session:
                assert changes(session, project_id) > before, step.__name__


def withdraw(session: Session) -> None:
    session.execute(update(Feedback).values(state="withdrawn"))


def edit(session: Session) -> None:
    session.execute(update(Feedback).values(revision=Feedback.revision + 1))


def test_what_does_not_count_is_no_change(app: Flask) -> None:
    with app.app_context():
        project_id = db.transact(make)
        with db.reading() as session:
            before = changes(session, project_id)
        db.transact(Session.execute, update(TaskItem).values(rank=TaskItem.rank + 1))
        db.transact(Session.execute, update(Task).values(announced=False))
        with db.reading() as session:
            assert changes(session, project_id) == before


def test_what_was_there_before_the_tallies_is_counted(app: Flask) -> None:
    with app.app_context():
        project_id = db.transact(make)
        flask_migrate.downgrade(revision="0003")
        flask_migrate.upgrade()
        with db.reading() as session:
            assert tallied(session, project_id) == counted(session, project_id)
            before = changes(session, project_id)
        db.transact(Session.execute, update(TaskItem).values(version=TaskItem.version + 1))
        with db.reading() as session:
            assert tallied(session, project_id) == counted(session, project_id)
            assert changes(session, project_id) > before


def test_a_large_transaction_is_tallied_over_several_rows(app: Flask) -> None:
    with app.app_context():
        project = db.transact(make_project)
        values = [
            {"seq": seq, "project_id": project.id, "creator_id": project.creator_id, "type": "qa", "prompt": "Why?",
             "meta": {}, "tags": []}
            for seq in range(1, 301)
        ]  # fmt: skip
        db.transact(Session.execute, insert(Task), values)
        with db.reading() as session:
            assert tallied(session, project.id) == counted(session, project.id)
            assert tallied(session, project.id)[0] == 300
            rows = session.scalar(select(func.count()).where(ProjectTally.project_id == project.id))
        assert rows == (3 if db.is_postgresql else 1)
