"""How the server as a whole is doing, for its admins: people, and what plugins did wrong."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from rlflow_core.models import PluginFailure, SignIn, User, db_later

DAY = 86_400


@dataclass(frozen=True, slots=True)
class ServerState:
    """People by role, how many of them were here in the last seven days, and faults of plugins since yesterday."""

    annotators: int
    researchers: int
    admins: int
    seen_this_week: int
    faults: int


def server_state(session: Session) -> ServerState:
    """The numbers as of now, in three queries."""
    people = session.execute(
        select(_with("annotator"), _with("researcher"), _with("admin")).where(
            User.kind == "human", User.disabled_at.is_(None)
        )
    ).one()
    seen = select(func.count(SignIn.user_id.distinct())).where(SignIn.seen_at > db_later(-7 * DAY))
    faults = select(func.count()).where(PluginFailure.created_at > db_later(-DAY))
    return ServerState(
        annotators=people[0],
        researchers=people[1],
        admins=people[2],
        seen_this_week=session.scalar(seen) or 0,
        faults=session.scalar(faults) or 0,
    )


def _with(role: str) -> ColumnElement[int]:
    return func.count(case((User.role == role, 1)))
