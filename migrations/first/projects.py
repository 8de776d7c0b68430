"""Projects: who belongs to them, and what each revision of their settings says."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Id, Json, UtcTime
from rlflow_migrations.columns import key, refers, required

TABLES = ("projects", "project_members", "project_revisions")


def create() -> None:
    """Create the tables in an order in which each refers to earlier ones only."""
    _create_projects()
    _create_project_settings()


def _create_projects() -> None:
    op.create_table(
        "projects",
        key(),
        required("name", sa.String(200)),
        refers("creator_id", "users.id", index=True),
        required("status", sa.String(16)),
        required("entry", sa.String(16)),
        required("revision", sa.Integer),
        sa.Column("default_for", sa.String(64)),
        required("created_at", UtcTime),
        sa.UniqueConstraint("creator_id", "default_for"),
        sa.CheckConstraint("entry IN ('members', 'open', 'code')", "entry"),
        sa.CheckConstraint("status IN ('draft', 'open', 'paused', 'completed', 'archived')", "status"),
    )
    op.create_table(
        "project_members",
        refers("project_id", "projects.id", primary_key=True),
        refers("user_id", "users.id", index=True, primary_key=True),
        required("role", sa.String(16)),
        required("lanes", Json),
        required("pseudonym", sa.String(32)),
        required("wm_rank", sa.Float(53)),
        required("wm_id", Id),
        sa.Column("wm_reset_at", UtcTime),
        required("claims", sa.Integer),
        required("draws", Json),
        required("joined_at", UtcTime),
        sa.UniqueConstraint("project_id", "pseudonym"),
        sa.CheckConstraint("role IN ('researcher', 'annotator')", "role"),
    )


def _create_project_settings() -> None:
    op.create_table(
        "project_revisions",
        key(),
        refers("project_id", "projects.id"),
        required("number", sa.Integer),
        required("task_type", Json),
        required("reward_schemas", Json),
        required("scorers", Json),
        required("aggregator", Json),
        required("router", Json),
        required("pairing", sa.String(32)),
        required("wanted", sa.Integer),
        required("lease_minutes", sa.Integer),
        required("max_skips", sa.Integer),
        required("hide_models", sa.Boolean),
        required("display_order", sa.String(8)),
        required("gold_rate", sa.Float),
        required("repeat_rate", sa.Float),
        required("reveal", sa.Boolean),
        required("guidelines", sa.Text),
        refers("created_by", "users.id"),
        required("created_at", UtcTime),
        sa.UniqueConstraint("project_id", "number"),
        sa.CheckConstraint("display_order IN ('random', 'both', 'fixed')", "display_order"),
        sa.CheckConstraint("gold_rate >= 0 AND gold_rate <= 1", "gold_rate"),
        sa.CheckConstraint("lease_minutes > 0", "lease_minutes"),
        sa.CheckConstraint("repeat_rate >= 0 AND repeat_rate <= 1", "repeat_rate"),
        sa.CheckConstraint("wanted >= 0", "wanted"),
    )
