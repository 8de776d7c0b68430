"""Indexes on what refers to versions and outputs: without them, every removed row is looked for in whole tables."""

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = (
    ("task_items", "task_version_id"),
    ("task_assignments", "task_version_id"),
    ("signals", "output_id"),
)
NAMED = text("other_output_id IS NOT NULL")


def upgrade() -> None:
    for table, column in WHOLE:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index(
        "ix_signals_other_output_id",
        "signals",
        ["other_output_id"],
        postgresql_where=NAMED,
        sqlite_where=NAMED,
    )


def downgrade() -> None:
    op.drop_index("ix_signals_other_output_id", "signals")
    for table, column in WHOLE:
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
