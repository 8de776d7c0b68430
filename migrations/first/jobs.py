"""What happens after the answer: jobs, and the exports that they write."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Json, UtcTime
from rlflow_migrations.columns import key, partial_index, refers, required

TABLES = ("jobs", "export_jobs")


def create() -> None:
    """Create the tables in an order in which each refers to earlier ones only."""
    _create_jobs()
    _create_exports()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        key(),
        required("kind", sa.String(32)),
        required("subject", sa.String(80)),
        required("queue", sa.String(16)),
        required("args", Json),
        required("state", sa.String(16)),
        required("progress", sa.BigInteger),
        sa.Column("total", sa.BigInteger),
        required("attempts", sa.Integer),
        sa.Column("worker", sa.String(200)),
        required("cancel_requested", sa.Boolean),
        sa.Column("error", sa.Text),
        sa.Column("result", Json),
        refers("project_id", "projects.id", index=True, nullable=True),
        refers("created_by", "users.id", nullable=True),
        refers("component_set_id", "component_sets.id", nullable=True),
        required("created_at", UtcTime),
        required("not_before", UtcTime),
        sa.Column("sent_at", UtcTime),
        sa.Column("started_at", UtcTime),
        sa.Column("heartbeat_at", UtcTime),
        sa.Column("finished_at", UtcTime),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", "state"),
        partial_index("ix_jobs_live", "state IN ('queued', 'running')", "state", "not_before"),
        partial_index("uq_jobs_queued", "state = 'queued'", "kind", "subject", unique=True),
    )


def _create_exports() -> None:
    op.create_table(
        "export_jobs",
        key(),
        refers("project_id", "projects.id", index=True),
        refers("created_by", "users.id"),
        required("layout", sa.String(64)),
        required("format", sa.String(16)),
        required("config", Json),
        required("filters", Json),
        required("status", sa.String(16)),
        refers("job_id", "jobs.id", nullable=True),
        sa.Column("error", sa.Text),
        sa.Column("rows", sa.BigInteger),
        sa.Column("dropped", Json),
        sa.Column("file_url", sa.String(255)),
        sa.Column("sha256", sa.String(64)),
        sa.Column("manifest", Json),
        refers("component_set_id", "component_sets.id", nullable=True),
        required("created_at", UtcTime),
        sa.Column("finished_at", UtcTime),
        sa.CheckConstraint("status IN ('queued', 'running', 'ready', 'failed', 'cancelled')", "status"),
    )
