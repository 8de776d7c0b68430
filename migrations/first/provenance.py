"""Where results come from: component versions and sets, and what plugins did wrong."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Json, UtcTime
from rlflow_migrations.columns import key, required

TABLES = ("component_sets", "component_versions", "plugin_failures")


def create() -> None:
    """Create the tables in an order in which each refers to earlier ones only."""
    op.create_table(
        "component_sets",
        key(),
        required("hash", sa.String(64), unique=True),
        required("members", Json),
        required("first_seen_at", UtcTime),
    )
    op.create_table(
        "component_versions",
        key(),
        required("kind", sa.String(32)),
        required("key", sa.String(64)),
        required("version", sa.String(64)),
        required("distribution", sa.String(200)),
        required("distribution_version", sa.String(64)),
        required("code_hash", sa.String(64)),
        required("first_seen_at", UtcTime),
        sa.UniqueConstraint(
            "kind",
            "key",
            "version",
            "distribution",
            "distribution_version",
            "code_hash",
            name="uq_component_versions_identity",
        ),
    )
    op.create_table(
        "plugin_failures",
        key(),
        required("plugin", sa.String(200)),
        required("kind", sa.String(32)),
        required("key", sa.String(64)),
        required("hook", sa.String(64)),
        required("message", sa.Text),
        required("traceback", sa.Text),
        required("created_at", UtcTime, index=True),
    )
