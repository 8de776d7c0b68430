"""Annotators known from imported votes: accounts of a project that nobody can sign in to."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from rlflow_core.models import ProjectMember, User, new_id
from rlflow_core.services.errors import Conflict


def imported_email(project_id: str, name: str) -> str:
    """The address that stands for the annotator `name` of a project; names differ by their exact letters."""
    return f"{name}@{project_id}.imported"


def ensure(session: Session, project_id: str, names: Collection[str]) -> dict[str, str]:
    """The user id of each name, with accounts and memberships made where they are missing.

    The project is held (tasks.hold_project), so that no two imports make the same one.
    """
    addresses = {imported_email(project_id, name): name for name in names}
    users = _known(session, addresses)
    missing = [
        {"id": new_id(), "email": address, "role": "annotator", "kind": "imported"}
        for address, name in addresses.items()
        if name not in users
    ]
    if missing:
        session.execute(insert(User), missing)
        users |= {addresses[row["email"]]: row["id"] for row in missing}
    _ensure_members(session, project_id, list(users.values()))
    return users


def _known(session: Session, addresses: dict[str, str]) -> dict[str, str]:
    rows = session.execute(select(User.email, User.id, User.kind).where(User.email.in_(list(addresses))))
    users: dict[str, str] = {}
    for email, user_id, kind in rows:
        if kind != "imported":
            raise Conflict(
                f"An account of a person has the address {email}. Rename the annotator in the file."
            )
        users[addresses[email]] = user_id
    return users


def _ensure_members(session: Session, project_id: str, user_ids: list[str]) -> None:
    present = set(
        session.scalars(
            select(ProjectMember.user_id).where(
                ProjectMember.project_id == project_id, ProjectMember.user_id.in_(user_ids)
            )
        )
    )
    missing = [
        {
            "project_id": project_id,
            "user_id": user_id,
            "role": "annotator",
            "pseudonym": f"annotator-{secrets.token_hex(5)}",
        }
        for user_id in user_ids
        if user_id not in present
    ]
    if missing:
        session.execute(insert(ProjectMember), missing)
