"""Scores: what scorers made of feedback, tasks, annotators and projects."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Id, Json, UtcTime
from rlflow_migrations.columns import key, refers, required

TABLES = ("scores",)


def create() -> None:
    """Create the tables in an order in which each refers to earlier ones only."""
    op.create_table(
        "scores",
        key(),
        refers("project_id", "projects.id"),
        required("scorer", sa.String(64)),
        required("scope", sa.String(16)),
        required("subject", Id),
        required("dimension", sa.String(130)),
        required("metric", sa.String(64)),
        sa.Column("value", sa.Float(53)),
        sa.Column("reason", sa.Text),
        required("details", Json),
        refers("component_version_id", "component_versions.id"),
        required("config_hash", sa.String(64)),
        required("computed_at", UtcTime),
        sa.UniqueConstraint("project_id", "scorer", "scope", "subject", "dimension", "metric"),
        sa.CheckConstraint("(value IS NULL) = (reason IS NOT NULL)", "reason"),
        sa.CheckConstraint("scope IN ('feedback', 'task', 'annotator', 'project')", "scope"),
    )
