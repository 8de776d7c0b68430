"""The second migration goes up and down over data, and no statement changes or takes away what the audit log holds."""

from datetime import UTC, datetime

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from rlflow_core.extensions import db
from rlflow_core.models import AuditEvent, OneTimeLink, SignIn, User, new_id

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def add_data(connection: Connection) -> None:
    """A person with a sign-in and a link, as the first migration knows them."""
    person = new_id()
    connection.execute(
        User.__table__.insert().values(
            id=person, email="ada@example.org", role="admin", kind="human", token_version=0, created_at=NOW
        )
    )
    connection.execute(
        SignIn.__table__.insert().values(
            id=new_id(),
            user_id=person,
            kind="web",
            secret_hash="a" * 64,
            token_version=0,
            created_at=NOW,
            seen_at=NOW,
            expires_at=NOW,
        )
    )
    add_link(connection, "sign_in", person)


def add_link(connection: Connection, purpose: str, person: str | None = None) -> None:
    """A one-time link."""
    connection.execute(
        OneTimeLink.__table__.insert().values(
            id=new_id(), token_hash=new_id(), purpose=purpose, user_id=person, created_at=NOW, expires_at=NOW
        )
    )


def counts(connection: Connection) -> dict[str, int]:
    """How many rows of the first migration there are."""
    return {
        table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        for table in ("users", "sessions", "one_time_links")
    }


def test_it_goes_up_and_down_and_up_again_over_data(app: Flask) -> None:
    with app.app_context():
        flask_migrate.downgrade(revision="0001")
        with db.engine.begin() as connection:
            add_data(connection)
        flask_migrate.upgrade()
        flask_migrate.check()
        with db.engine.begin() as connection:
            assert counts(connection) == {"users": 1, "sessions": 1, "one_time_links": 1}
            add_link(connection, "password")
        flask_migrate.downgrade(revision="0001")
        with db.engine.begin() as connection:
            # A password link means nothing to the version before; everything else stays.
            assert counts(connection) == {"users": 1, "sessions": 1, "one_time_links": 1}
            assert "audit_events" not in inspect(connection).get_table_names()
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            add_link(connection, "password")
        flask_migrate.upgrade()
        flask_migrate.check()


def test_a_link_has_a_known_purpose(app: Flask) -> None:
    with app.app_context(), pytest.raises(DBAPIError), db.engine.begin() as connection:
        add_link(connection, "anything")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET action = 'nothing'",
        "DELETE FROM audit_events",
        "UPDATE audit_events SET details = '{}' WHERE action = 'x'",
    ],
)
def test_no_audit_event_is_changed_or_taken_away(app: Flask, statement: str) -> None:
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(
                AuditEvent.__table__.insert().values(
                    id=new_id(), created_at=NOW, action="x", outcome="ok", via="cli", details={}
                )
            )
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(statement))
        with db.engine.begin() as connection:
            assert connection.execute(text("SELECT action FROM audit_events")).scalars().all() == ["x"]


def test_the_audit_log_cannot_be_emptied_at_once(pg_url: str) -> None:
    engine = create_engine(pg_url)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text("TRUNCATE audit_events"))
    engine.dispose()
