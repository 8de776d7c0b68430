"""Judging: assignments, drafts, feedback with its revisions, and the signals in it."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Id, Json, UtcTime
from rlflow_migrations.columns import key, partial_index, refers, required

TABLES = ("task_assignments", "drafts", "feedback", "feedback_revisions", "signals")


def create() -> None:
    """Create the tables in an order in which each refers to earlier ones only."""
    _create_assignments()
    _create_feedback()
    _create_signals()


def _create_assignments() -> None:
    op.create_table(
        "task_assignments",
        key(),
        refers("item_id", "task_items.id"),
        refers("task_id", "tasks.id", index=True),
        refers("project_id", "projects.id"),
        refers("annotator_id", "users.id"),
        required("purpose", sa.String(16)),
        required("pass_no", sa.Integer),
        required("state", sa.String(16)),
        required("attempt", sa.Integer),
        refers("task_version_id", "task_versions.id"),
        refers("project_revision_id", "project_revisions.id"),
        refers("component_set_id", "component_sets.id", nullable=True),
        sa.Column("shown", Json),
        sa.Column("blinded", Json),
        required("assigned_at", UtcTime),
        sa.Column("lease_until", UtcTime),
        sa.Column("completed_at", UtcTime),
        sa.Column("postponed_at", UtcTime),
        required("returned", sa.Boolean),
        sa.Column("skip_reason", sa.String(32)),
        sa.Column("note", sa.Text),
        required("active_ms", sa.Integer),
        sa.UniqueConstraint("item_id", "annotator_id", "pass_no"),
        sa.CheckConstraint("state <> 'completed' OR completed_at IS NOT NULL", "completed"),
        sa.CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", "lease"),
        sa.CheckConstraint("(pass_no > 0) = (purpose = 'repeat')", "pass_no"),
        sa.CheckConstraint(
            "purpose IN ('vote', 'repeat', 'gold', 'practice', 'judge', 'adjudication')", "purpose"
        ),
        sa.CheckConstraint("state IN ('leased', 'completed', 'skipped', 'expired', 'withdrawn')", "state"),
        partial_index("ix_task_assignments_due", "state = 'leased'", "project_id", "lease_until"),
        sa.Index("ix_task_assignments_mine", "annotator_id", "state", "completed_at"),
    )
    op.create_table(
        "drafts",
        refers("assignment_id", "task_assignments.id", primary_key=True),
        required("response", Json),
        required("version", sa.Integer),
        required("saved_at", UtcTime),
    )


def _create_feedback() -> None:
    op.create_table(
        "feedback",
        key(),
        refers("assignment_id", "task_assignments.id", unique=True),
        refers("project_id", "projects.id"),
        refers("task_id", "tasks.id", index=True),
        refers("item_id", "task_items.id", index=True),
        refers("annotator_id", "users.id"),
        refers("component_set_id", "component_sets.id", nullable=True),
        required("revision", sa.Integer),
        required("state", sa.String(16)),
        required("source", sa.String(8)),
        sa.Column("reward_scalar", sa.Float),
        sa.Column("rationale", sa.Text),
        sa.Column("quality_score", sa.Float),
        sa.Column("active_ms", sa.Integer),
        sa.Column("wall_ms", sa.BigInteger),
        required("created_at", UtcTime),
        sa.CheckConstraint("reward_scalar BETWEEN -1e308 AND 1e308", "reward_is_finite"),
        sa.CheckConstraint("source IN ('ui', 'api', 'import')", "source"),
        sa.CheckConstraint("state IN ('standing', 'withdrawn')", "state"),
        sa.Index("ix_feedback_annotator", "annotator_id", "id"),
        sa.Index("ix_feedback_project", "project_id", "id"),
    )
    op.create_table(
        "feedback_revisions",
        refers("feedback_id", "feedback.id", primary_key=True),
        required("number", sa.Integer, primary_key=True, autoincrement=False),
        refers("annotator_id", "users.id"),
        required("response", Json),
        required("body_hash", sa.String(64)),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("signals_error", sa.Text),
        required("announced", sa.Boolean),
        required("created_at", UtcTime),
        sa.UniqueConstraint("annotator_id", "idempotency_key"),
        partial_index("ix_feedback_revisions_unannounced", "NOT announced", "feedback_id"),
    )


def _create_signals() -> None:
    op.create_table(
        "signals",
        required("feedback_id", Id, primary_key=True),
        required("revision", sa.Integer, primary_key=True, autoincrement=False),
        required("n", sa.Integer, primary_key=True, autoincrement=False),
        refers("item_id", "task_items.id", index=True),
        required("schema", sa.String(64)),
        required("dimension", sa.String(64)),
        required("kind", sa.String(16)),
        refers("output_id", "agent_outputs.id", nullable=True),
        refers("other_output_id", "agent_outputs.id", nullable=True),
        sa.Column("position", sa.Integer),
        sa.Column("other_position", sa.Integer),
        sa.Column("label", sa.Text),
        sa.Column("value", sa.Float(53)),
        sa.Column("turn", sa.Integer),
        sa.Column("index", sa.Integer),
        sa.Column("start", sa.Integer),
        sa.Column("end", sa.Integer),
        sa.Column("severity", sa.String(32)),
        sa.Column("text", sa.Text),
        sa.ForeignKeyConstraint(
            ["feedback_id", "revision"], ["feedback_revisions.feedback_id", "feedback_revisions.number"]
        ),
        sa.CheckConstraint(
            "kind IN ('scalar', 'preference', 'rank', 'step', 'label', 'critique', 'revision', 'text')",
            "kind",
        ),
    )
