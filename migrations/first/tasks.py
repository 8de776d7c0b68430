"""Tasks: where they came from, their versions, the outputs to judge, and the items annotators get."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Json, UtcTime
from rlflow_migrations.columns import key, partial_index, refers, required

TABLES = ("imports", "import_problems", "tasks", "task_versions", "agent_outputs", "task_items")


def create() -> None:
    """Create the tables in an order in which each refers to earlier ones only."""
    _create_imports()
    _create_tasks()
    _create_outputs()
    _create_items()


def _create_imports() -> None:
    op.create_table(
        "imports",
        key(),
        refers("project_id", "projects.id", index=True),
        refers("created_by", "users.id"),
        required("file_name", sa.String(255)),
        required("stored_as", sa.String(80)),
        required("lines", sa.Integer),
        required("tasks", sa.Integer),
        required("outputs", sa.Integer),
        required("empty_outputs", sa.Integer),
        required("votes", sa.Integer),
        required("refused", sa.Integer),
        required("created_at", UtcTime),
    )
    op.create_table(
        "import_problems",
        refers("import_id", "imports.id", primary_key=True),
        required("line", sa.Integer, primary_key=True, autoincrement=False),
        required("field", sa.String(200)),
        required("reason", sa.Text),
    )


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        key(),
        required("seq", sa.BigInteger),
        refers("project_id", "projects.id"),
        refers("creator_id", "users.id", index=True),
        required("type", sa.String(64)),
        required("prompt", sa.Text),
        required("status", sa.String(16)),
        required("priority", sa.Integer),
        required("metadata", Json),
        required("tags", Json),
        required("version", sa.Integer),
        refers("import_id", "imports.id", index=True, nullable=True),
        sa.Column("key", sa.String(200)),
        required("announced", sa.Boolean),
        required("created_at", UtcTime),
        required("updated_at", UtcTime),
        sa.UniqueConstraint("project_id", "key"),
        sa.UniqueConstraint("project_id", "seq"),
        sa.CheckConstraint("status IN ('draft', 'open', 'paused', 'completed', 'archived')", "status"),
        sa.Index("ix_tasks_project_status", "project_id", "status", "id"),
        partial_index("ix_tasks_unannounced", "NOT announced", "project_id", "seq"),
    )
    op.create_table(
        "task_versions",
        key(),
        refers("task_id", "tasks.id"),
        required("number", sa.Integer),
        required("content", Json),
        required("messages", Json),
        required("messages_hash", sa.String(64)),
        refers("created_by", "users.id"),
        required("created_at", UtcTime),
        sa.UniqueConstraint("task_id", "number"),
    )


def _create_outputs() -> None:
    op.create_table(
        "agent_outputs",
        key(),
        refers("task_id", "tasks.id"),
        required("task_version", sa.Integer),
        required("index", sa.Integer),
        sa.Column("model_id", sa.String(200)),
        sa.Column("provider", sa.String(64)),
        required("parameters", Json),
        sa.Column("seed", sa.BigInteger),
        sa.Column("messages_hash", sa.String(64)),
        sa.Column("latency_ms", sa.Integer),
        sa.Column("prompt_tokens", sa.Integer),
        sa.Column("completion_tokens", sa.Integer),
        sa.Column("cost", sa.Float),
        required("output", sa.Text),
        required("segments", Json),
        sa.Column("finish_reason", sa.String(64)),
        required("stale", sa.Boolean),
        sa.Column("error", sa.Text),
        required("metadata", Json),
        required("generated_at", UtcTime),
        sa.UniqueConstraint("task_id", "index"),
    )


def _create_items() -> None:
    op.create_table(
        "task_items",
        key(),
        refers("project_id", "projects.id"),
        refers("task_id", "tasks.id", index=True),
        refers("task_version_id", "task_versions.id"),
        sa.Column("outputs", Json),
        required("lane", sa.String(64)),
        required("rank", sa.Float(53)),
        sa.Column("ranked_revision", sa.Integer),
        required("wanted", sa.Integer),
        required("places_left", sa.Integer),
        required("version", sa.Integer),
        sa.Column("parked_at", UtcTime),
        required("created_at", UtcTime),
        sa.CheckConstraint("places_left <= wanted", "places_left"),
        sa.CheckConstraint("wanted >= 0", "wanted"),
        partial_index("ix_task_items_open", "places_left > 0", "project_id", "lane", "rank", "id"),
        partial_index("ix_task_items_parked", "parked_at IS NOT NULL", "project_id", "parked_at"),
        partial_index("ix_task_items_ranked", "places_left > 0", "project_id", "ranked_revision", "id"),
    )
