"""What people do with their own account: another password, the list of their sign-ins, ending one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rlflow_core.models import SignIn, User
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security import passwords
from rlflow_core.services import audit, sign_ins
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class SignInView:
    """One place where a person is signed in; `is_this` is the one that asks."""

    id: str
    kind: str
    ip: str | None
    agent: str | None
    created_at: datetime
    seen_at: datetime
    is_this: bool


def stored_password(session: Session, user_id: str) -> str | None:
    """What is stored of the person's password, for `new_hash`."""
    return session.scalar(select(User.password_hash).where(User.id == user_id))


def new_hash(viewer: Viewer, current: str, new: str, stored: str | None) -> str:
    """What is to be stored of `new`; Invalid where `current` is wrong or `new` does not fit. Slow: no transaction."""
    if not passwords.verify_password(current, stored):
        raise Invalid("The password does not fit.", {"current_password": ["This is not your password."]})
    if current == new:
        raise Invalid("The password does not fit.", {"new_password": ["This is the password you have."]})
    return checked_hash(viewer.email, new)


def checked_hash(email: str, new: str) -> str:
    """What is to be stored of `new`; Invalid at `new_password` if it does not fit."""
    try:
        passwords.check(new, email)
    except Invalid as error:
        raise Invalid(error.message, {"new_password": error.errors["password"]}) from None
    return passwords.hash_password(new)


def change_password(
    session: Session, viewer: Viewer, stored: str | None, hashed: str, sign_in_id: str | None
) -> None:
    """Store another password, and end every sign-in but this one; Conflict where it changed meanwhile."""
    user = session.scalar(select(User).where(User.id == viewer.id).with_for_update())
    if user is None or user.password_hash != stored:
        raise Conflict("The password was changed elsewhere just now. Sign in again.")
    _store_password(session, user, hashed)
    if sign_in_id is not None:
        session.execute(
            update(SignIn)
            .where(SignIn.id == sign_in_id, SignIn.user_id == user.id)
            .values(token_version=user.token_version)
        )


def choose_password(session: Session, token: str, hashed: str) -> Viewer:
    """Store a password by a one-time link, which is used up; every sign-in ends. NotFound for a link of no use."""
    user = sign_ins.use_link_of_person(session, token, "password")
    _store_password(session, user, hashed)
    return sign_ins.viewer_from(user)


def list_sign_ins(session: Session, user_id: str, own_id: str | None) -> list[SignInView]:
    """Where the person is signed in now, the last used first."""
    now = datetime.now(UTC)
    rows = session.scalars(
        select(SignIn)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.user_id == user_id, *sign_ins.is_live(now), *sign_ins.is_in_use(now))
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
    )
    return [
        SignInView(row.id, row.kind, row.ip, row.agent, row.created_at, row.seen_at, row.id == own_id)
        for row in rows
    ]


def end_sign_in(session: Session, user_id: str, sign_in_id: str) -> None:
    """End one of the person's sign-ins; NotFound where they have no such one."""
    found = session.scalar(select(SignIn.id).where(SignIn.id == sign_in_id, SignIn.user_id == user_id))
    if found is None:
        raise NotFound("sign-in", sign_in_id)
    sign_ins.revoke(session, sign_in_id)
    audit.record(session, Action.SIGN_OUT, ("session", sign_in_id))


def _store_password(session: Session, user: User, hashed: str) -> None:
    user.password_hash = hashed
    user.token_version += 1
    audit.record(session, Action.PASSWORD_CHANGED, ("user", user.id), actor_id=user.id)
