"""Invitations: an admin gives a link, its holder makes one account with the role that it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import Invitation, Project
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.secrets import fingerprint, new_secret
from rlflow_core.services import audit, projects
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import Forbidden, NotFound

DEFAULT_DAYS = 7
MAX_DAYS = 30
USABLE = "invitation that can still be used"


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation that nobody has used: for whom, as what, into which project, until when."""

    id: str
    email: str | None
    role: str
    project_id: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation that was just made, with the only copy of its token."""

    view: InvitationView
    token: str


def create(
    session: Session, viewer: Viewer, email: str | None, role: str, project_id: str | None, days: int
) -> NewInvitation:
    """A new invitation, for the (canonical) address only where there is one; NotFound without such a project."""
    if project_id is not None:
        projects.get_visible(session, viewer, project_id)
    token, now = new_secret(), datetime.now(UTC)
    invitation = Invitation(
        token_hash=fingerprint(token),
        email=email,
        role=role,
        project_id=project_id,
        created_by=viewer.id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(invitation)
    session.flush()
    about = ("invitation", invitation.id)
    audit.record(session, Action.INVITATION_MADE, about, email=email, role=role, project=project_id)
    return NewInvitation(_view(invitation), token)


def list_open(session: Session) -> list[InvitationView]:
    """The invitations that can still be used, newest first."""
    query = select(Invitation).where(*_open()).order_by(Invitation.id.desc())
    return [_view(invitation) for invitation in session.scalars(query)]


def revoke(session: Session, invitation_id: str) -> None:
    """End an invitation; NotFound where none with this id can still be used."""
    if _update(session, Invitation.id == invitation_id, revoked_at=datetime.now(UTC)) != 1:
        raise NotFound("invitation", invitation_id)
    audit.record(session, Action.INVITATION_REVOKED, ("invitation", invitation_id))


def find(session: Session, token: str) -> InvitationView:
    """The invitation of a link, for the form that it opens; NotFound if it cannot be used any more."""
    invitation = session.scalar(
        select(Invitation).where(Invitation.token_hash == fingerprint(token), *_open())
    )
    if invitation is None:
        raise NotFound(USABLE)
    return _view(invitation)


def use(session: Session, token: str, email: str) -> InvitationView:
    """The invitation, used up; Forbidden where it is for another address."""
    offer = find(session, token)
    if offer.email is not None and offer.email != email:
        raise Forbidden("This invitation is for another e-mail address.", code="invitation_for_another")
    # One conditional update: of two who use the invitation at once, one finds it used.
    if _update(session, Invitation.id == offer.id, used_at=datetime.now(UTC)) != 1:
        raise NotFound(USABLE)
    return offer


def settle(session: Session, offer: InvitationView, user_id: str) -> None:
    """Note who used the invitation, and make them a member of its project, if that still stands."""
    session.execute(update(Invitation).where(Invitation.id == offer.id).values(used_by=user_id))
    if offer.project_id is not None and session.get(Project, offer.project_id) is not None:
        member = "annotator" if offer.role == "annotator" else "researcher"
        projects.add_member(session, offer.project_id, user_id, member)


def _open() -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > datetime.now(UTC),
    )


def _update(session: Session, condition: ColumnElement[bool], **values: datetime) -> int:
    updated = cast(
        "CursorResult[Any]", session.execute(update(Invitation).where(condition, *_open()).values(**values))
    )
    return updated.rowcount


def _view(invitation: Invitation) -> InvitationView:
    return InvitationView(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        project_id=invitation.project_id,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
    )
