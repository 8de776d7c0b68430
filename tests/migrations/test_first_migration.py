"""The migrations make exactly the tables that the models describe, and can be taken back."""

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import inspect

from rlflow_core.extensions import db


def test_models_and_migrations_agree(app: Flask) -> None:
    with app.app_context():
        flask_migrate.check()


def test_the_migrations_can_be_taken_back_and_made_again(app: Flask) -> None:
    with app.app_context():
        flask_migrate.downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        flask_migrate.upgrade()
        flask_migrate.check()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("users", {"id", "email", "role", "created_at"}),
        ("tasks", {"id", "creator_id", "type", "prompt", "status", "metadata"}),
        ("task_assignments", {"id", "task_id", "annotator_id", "assigned_at", "completed_at"}),
        ("feedback", {"id", "assignment_id", "reward_scalar", "rationale", "quality_score"}),
        ("agent_outputs", {"id", "task_id", "model_id", "output", "generated_at"}),
        ("export_jobs", {"id", "created_by", "format", "filters", "file_url", "status"}),
    ],
)
def test_the_tables_of_the_brief_are_recognisable(sqlite_app: Flask, table: str, columns: set[str]) -> None:
    with sqlite_app.app_context():
        present = {column["name"] for column in inspect(db.engine).get_columns(table)}
    assert columns <= present
