"""The third migration goes up and down over data: members stay, and those who left go with what knows of them."""

from datetime import UTC, datetime
from typing import Any

import flask_migrate
import pytest
from factories import make_member, make_project
from flask import Flask
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import Notification, Project, ProjectMember, new_id

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def project_with_two(session: Session) -> str:
    """The id of a project with a member who stays and one who left."""
    project = make_project(session)
    make_member(session, project)
    make_member(session, project).left_at = NOW
    return project.id


def members(connection: Connection) -> int:
    """How many rows of members there are."""
    return connection.execute(text("SELECT count(*) FROM project_members")).scalar_one()


def notification(**values: Any) -> Notification:
    """A line about one job."""
    return Notification(**{"kind": "job_done", "topic": "import", "sources": [], **values})


def test_it_goes_down_and_up_again_over_data(app: Flask) -> None:
    with app.app_context():
        project_id = db.transact(project_with_two)
        flask_migrate.downgrade(revision="0002")
        with db.engine.begin() as connection:
            assert members(connection) == 1
            assert "notifications" not in inspect(connection).get_table_names()
        flask_migrate.upgrade()
        flask_migrate.check()
        row = db.read.scalars(select(ProjectMember).where(ProjectMember.project_id == project_id)).one()
        assert row.left_at is None
        assert db.read.get_one(Project, project_id).entry_code is None


def test_one_topic_is_unread_once_for_a_person(app: Flask) -> None:
    def add(session: Session, person: str, read_at: datetime | None) -> None:
        session.add(notification(id=new_id(), user_id=person, read_at=read_at))

    with app.app_context():
        ann = db.transact(lambda session: make_project(session).creator_id)
        for read_at in (NOW, NOW, None):
            db.transact(add, ann, read_at)
        with pytest.raises(IntegrityError):
            db.transact(add, ann, None)


def test_an_entry_code_opens_one_project(app: Flask) -> None:
    def add(session: Session) -> None:
        make_project(session).entry_code = "ABCD-2345"

    with app.app_context():
        db.transact(add)
        with pytest.raises(IntegrityError):
            db.transact(add)
