from __future__ import annotations

import pytest
from flask import Flask
from people import Cast
from sqlalchemy import text

from rlflow_core.extensions import db


def test_a_sound_instance_lives_and_is_ready(app: Flask) -> None:
    client = app.test_client()
    health = client.get("/health")
    assert health.status_code == 200
    assert health.get_json()["status"] == "ok"
    assert client.get("/health/live").get_json() == {"status": "ok"}
    assert client.get("/health/ready").get_json() == {"status": "ok"}


def test_a_database_behind_the_newest_migration_is_not_ready(app: Flask) -> None:
    with app.app_context():
        db.transact(lambda session: session.execute(text("DELETE FROM alembic_version")))
    client = app.test_client()
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert "rlflow db upgrade" in ready.get_json()["database"]
    assert ready.headers["Retry-After"]
    assert client.get("/health/live").status_code == 200
    degraded = client.get("/health")
    assert (degraded.status_code, degraded.get_json()["status"]) == (200, "degraded")


def test_a_failing_check_is_named_and_its_reason_is_in_the_log_only(
    sqlite_cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    sqlite_cast.app.extensions["health_checks"] = {
        "storage": lambda: "/srv/disk is full",
        "mail": lambda: None,
    }
    answer = sqlite_cast.anonymous().get("/health")
    body = answer.get_json()
    assert (body["status"], body["checks"]) == (
        "degraded",
        {"database": "ok", "storage": "failing", "mail": "ok"},
    )
    assert "srv" not in answer.get_data(as_text=True)
    assert "/srv/disk is full" in caplog.text
