"""The sums per project that the database keeps: what a project looks like now, and whether it still looks like that."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from rlflow_core.models import ProjectTally

SHARD_OF_JOBS = 0


def note_change(session: Session, project_id: str) -> None:
    """Say that something about the project is new which no trigger sees, such as its scores."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(ProjectTally)
        .values(project_id=project_id, shard=SHARD_OF_JOBS, changes=1)
        .on_conflict_do_update(
            index_elements=["project_id", "shard"], set_={"changes": ProjectTally.changes + 1}
        )
    )
