"""People: accounts, sign-ins and one-time links."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import UtcTime
from rlflow_migrations.columns import key, refers, required

TABLES = ("users", "one_time_links", "sessions")


def create() -> None:
    """Create the tables in an order in which each refers to earlier ones only."""
    op.create_table(
        "users",
        key(),
        required("email", sa.String(320), unique=True),
        required("role", sa.String(16)),
        required("kind", sa.String(16)),
        sa.Column("password_hash", sa.String(255)),
        required("token_version", sa.Integer),
        sa.Column("disabled_at", UtcTime),
        required("created_at", UtcTime),
        sa.CheckConstraint("kind IN ('human', 'model', 'imported')", "kind"),
        sa.CheckConstraint("role IN ('researcher', 'annotator', 'admin')", "role"),
    )
    op.create_table(
        "one_time_links",
        key(),
        required("token_hash", sa.String(64), unique=True),
        required("purpose", sa.String(16)),
        refers("user_id", "users.id", nullable=True),
        required("created_at", UtcTime),
        required("expires_at", UtcTime),
        sa.Column("used_at", UtcTime),
        sa.CheckConstraint("purpose IN ('setup', 'sign_in')", "purpose"),
    )
    op.create_table(
        "sessions",
        key(),
        refers("user_id", "users.id", index=True),
        required("kind", sa.String(8)),
        required("secret_hash", sa.String(64), unique=True),
        sa.Column("previous_hash", sa.String(64), index=True),
        sa.Column("rotated_at", UtcTime),
        sa.Column("csrf_token", sa.String(64)),
        required("token_version", sa.Integer),
        required("created_at", UtcTime),
        required("seen_at", UtcTime),
        required("expires_at", UtcTime),
        sa.Column("revoked_at", UtcTime),
        sa.CheckConstraint("kind IN ('web', 'api')", "kind"),
    )
