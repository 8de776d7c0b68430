"""The moment of judging: everything that it produces and needs, because it can never be recovered later."""

from alembic import op

from rlflow_migrations.first import accounts, jobs, judging, projects, provenance, scores, tasks

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SUBJECTS = (provenance, accounts, projects, tasks, judging, jobs, scores)


def upgrade() -> None:
    for subject in SUBJECTS:
        subject.create()


def downgrade() -> None:
    for subject in reversed(SUBJECTS):
        for table in reversed(subject.TABLES):
            op.drop_table(table)
