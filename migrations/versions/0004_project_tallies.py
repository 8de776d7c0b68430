"""Sums per project, kept by triggers: a dashboard neither counts items nor shows what is no longer so."""

import sqlalchemy as sa
from alembic import op

from rlflow_migrations import tallies
from rlflow_migrations.columns import refers, required

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SUMS = ("tasks", *tallies.ITEM_SUMS, "changes")


def upgrade() -> None:
    op.create_table(
        "project_tallies",
        refers("project_id", "projects.id", primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        *(required(name, sa.BigInteger, server_default="0") for name in SUMS),
    )
    _count_what_is_there()
    tallies.create()


def downgrade() -> None:
    tallies.drop()
    op.drop_table("project_tallies")


def _count_what_is_there() -> None:
    op.execute(
        "INSERT INTO project_tallies (project_id, shard, tasks, changes) "
        "SELECT project_id, 0, count(*), 1 FROM tasks GROUP BY project_id"
    )
    sums = ", ".join(f"sum({value.format(row='task_items')})" for value in tallies.ITEM_SUMS.values())
    op.execute(
        f"INSERT INTO project_tallies (project_id, shard, {', '.join(tallies.ITEM_SUMS)}, changes) "  # noqa: S608 - our names
        f"SELECT project_id, 1, {sums}, 1 FROM task_items GROUP BY project_id"
    )
