"""Notifications; people who leave a project keep their name in its results; projects that are joined by a code."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Json, UtcTime
from rlflow_migrations.columns import key, partial_index, refers, required

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_notifications()
    op.add_column("project_members", sa.Column("left_at", UtcTime))
    op.add_column("projects", sa.Column("entry_code", sa.String(16)))
    op.create_index("uq_projects_entry_code", "projects", ["entry_code"], unique=True)


def downgrade() -> None:
    # The version before knows no members who left: their rows go, and results call them "annotator-left".
    op.execute("DELETE FROM project_members WHERE left_at IS NOT NULL")
    op.drop_index("uq_projects_entry_code", "projects")
    op.drop_column("projects", "entry_code")
    op.drop_column("project_members", "left_at")
    op.drop_table("notifications")


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        key(),
        refers("user_id", "users.id"),
        required("kind", sa.String(32)),
        required("topic", sa.String(160)),
        refers("project_id", "projects.id", nullable=True),
        required("details", Json),
        required("sources", Json),
        required("count", sa.Integer),
        required("created_at", UtcTime),
        required("happened_at", UtcTime),
        sa.Column("read_at", UtcTime),
        sa.CheckConstraint(
            "kind IN ('job_done', 'job_failed', 'returned', 'assigned', 'project_finished')", "kind"
        ),
        partial_index("uq_notifications_unread", "read_at IS NULL", "user_id", "topic", unique=True),
        sa.Index("ix_notifications_listed", "user_id", "happened_at"),
        sa.Index("ix_notifications_topic", "user_id", "topic"),
    )
