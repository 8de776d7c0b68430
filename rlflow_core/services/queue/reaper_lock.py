"""One reaper per project: the only place where the queue asks which database it runs on."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

_SPACE = 7_201  # the first of the two keys of our advisory locks; other uses take other numbers

# A scalar sub-select is asked once per statement, before any row is read.
LOCK_IS_FREE = select(func.pg_try_advisory_xact_lock(_SPACE, bindparam("lock"))).scalar_subquery()
_WAIT = select(func.pg_advisory_xact_lock(_SPACE, bindparam("lock")))


def has_reaper_locks(session: Session) -> bool:
    """Whether reapers can meet: SQLite has one writer at a time.

    Two claims that expire leases of the same items in another order would wait for each other.
    """
    return session.get_bind().dialect.name == "postgresql"


def reaper_key(project_id: str) -> int:
    """The second key of the project's lock; the last bytes of our ids are random, and locks want 32 bits."""
    return int.from_bytes(UUID(project_id).bytes[-4:], signed=True)


def wait_for_reaper_lock(session: Session, project_id: str) -> None:
    """Hold the project's reaper lock until the transaction ends."""
    if has_reaper_locks(session):
        session.execute(_WAIT, {"lock": reaper_key(project_id)})
