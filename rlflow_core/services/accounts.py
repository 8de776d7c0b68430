"""Accounts: who may have one, how they are made, promoted and disabled, and the first admin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rlflow_core.config import Settings
from rlflow_core.models import User
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security import passwords
from rlflow_core.security.emails import canonical_email
from rlflow_core.services import audit, invitations, sign_ins
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import Conflict, Forbidden, Invalid, NotFound

AccountRole = Literal["researcher", "annotator", "admin"]
ROLES: tuple[AccountRole, ...] = ("annotator", "researcher", "admin")
RESERVED = ".imported"
FIRST_ADMIN_LOCK = 0x524C_666C


@dataclass(frozen=True, slots=True)
class Credentials:
    """A new account's canonical address and hashed password, made before any transaction since hashing is slow."""

    email: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its owner and admins see it."""

    id: str
    email: str
    role: str
    created_at: datetime


def own_address(email: str) -> str:
    """The canonical form of a person's address; Invalid for one that stands for an imported annotator."""
    canonical = canonical_email(email)
    if canonical.endswith(RESERVED):
        raise Invalid(
            "The e-mail address does not fit.",
            {"email": [f"Addresses that end with {RESERVED} stand for annotators of imported files."]},
        )
    return canonical


def credentials(email: str, password: str) -> Credentials:
    """What is stored of `email` and `password`; Invalid if either does not fit."""
    canonical = own_address(email)
    passwords.check(password, canonical)
    return Credentials(canonical, passwords.hash_password(password))


def check_registration(settings: Settings, invitation: str | None = None) -> None:
    """Refuse (Forbidden) where people cannot register by themselves, or not without an invitation."""
    if settings.registration == "closed":
        raise Forbidden("Accounts are made by an admin here. Ask one for a link.", code="registration_closed")
    if settings.registration == "invite" and not invitation:
        raise Forbidden(
            "Accounts are made by invitation here. Ask an admin for one.", code="registration_closed"
        )


def register(session: Session, new: Credentials, invitation: str | None = None) -> Account:
    """The new account of a person who registered: an annotator, or what the invitation says.

    Conflict if the address has an account, NotFound for an invitation that cannot be used.
    """
    offer = invitations.use(session, invitation, new.email) if invitation else None
    account = add_user(session, new, offer.role if offer else "annotator")
    if offer:
        invitations.settle(session, offer, account.id)
    audit.record(
        session,
        Action.REGISTERED,
        ("user", account.id),
        actor_id=account.id,
        role=account.role,
        invitation=offer.id if offer else None,
    )
    return account


def create_user(session: Session, new: Credentials, role: str) -> Account:
    """A new account with `role`, made by somebody else; Conflict if the address has one already."""
    account = add_user(session, new, role)
    audit.record(session, Action.ACCOUNT_MADE, ("user", account.id), role=role)
    return account


def add_user(session: Session, new: Credentials, role: str) -> Account:
    """The row of a new account; Conflict if the address has one already."""
    user = User(email=new.email, password_hash=new.password_hash, role=known(role))
    session.add(user)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(
            "There is an account with this e-mail address.", {"email": ["This address has an account."]}
        ) from None
    session.refresh(user)
    return _account(user)


def password_of(session: Session, email: str) -> tuple[Viewer | None, str | None]:
    """The person with this canonical address who may sign in, and their stored password; None where there is none."""
    user = session.scalar(select(User).where(User.email == email, User.disabled_at.is_(None)))
    return (sign_ins.viewer_from(user), user.password_hash) if user else (None, None)


def note_failure(session: Session, email: str, *, locks: bool) -> None:
    """Record a sign-in that failed for this canonical address; `locks`: the account waits from now on."""
    user_id = session.scalar(select(User.id).where(User.email == email))
    about = ("user", user_id) if user_id else None
    audit.record(session, Action.SIGN_IN, about, outcome="failed", email=email)
    if locks:
        audit.record(session, Action.ACCOUNT_LOCKED, about, outcome="refused", email=email)


def replace_hash(session: Session, user_id: str, stored: str, hashed: str) -> None:
    """Store the same password in a newer form, unless it was changed since `stored` was read."""
    session.execute(
        update(User).where(User.id == user_id, User.password_hash == stored).values(password_hash=hashed)
    )


def get(session: Session, user_id: str) -> Account:
    """The account with this id."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("account", user_id)
    return _account(user)


def set_role(session: Session, email: str, role: str) -> Account:
    """Give the person another role; all their sign-ins end. Conflict for the last admin."""
    user = _by_email(session, email)
    give_role(session, user, role)
    return _account(user)


def give_role(session: Session, user: User, role: str) -> None:
    """Give `user` another role; all their sign-ins end. Conflict for the last admin."""
    old = user.role
    if old == known(role):
        return
    if old == "admin":
        _keep_an_admin(session, user)
    user.role = role
    user.token_version += 1
    audit.record(session, Action.ROLE_CHANGED, ("user", user.id), old=old, new=role)


def disable(session: Session, email: str) -> Account:
    """Close the account at once: nobody can sign in with it and all its sign-ins end. Conflict for the last admin."""
    user = _by_email(session, email)
    close(session, user)
    return _account(user)


def close(session: Session, user: User) -> None:
    """Close the account of `user`; all their sign-ins end. Conflict for the last admin."""
    if user.disabled_at is not None:
        return
    if user.role == "admin":
        _keep_an_admin(session, user)
    user.disabled_at = datetime.now(UTC)
    user.token_version += 1
    audit.record(session, Action.ACCOUNT_DISABLED, ("user", user.id))


def enable(session: Session, email: str) -> Account:
    """Open a closed account again; the person signs in anew."""
    user = _by_email(session, email)
    reopen(session, user)
    return _account(user)


def reopen(session: Session, user: User) -> None:
    """Open the account of `user` again."""
    if user.disabled_at is None:
        return
    user.disabled_at = None
    audit.record(session, Action.ACCOUNT_ENABLED, ("user", user.id))


def has_admin(session: Session) -> bool:
    """Whether anybody is, or was, an admin here."""
    return session.scalar(select(User.id).where(User.role == "admin").limit(1)) is not None


def ensure_first_admin(session: Session, settings: Settings) -> Account | None:
    """The admin that the settings name, made if there is no admin yet; else None."""
    if not settings.admin_email or not settings.admin_password:
        return None
    _lock_first_admin(session)
    if has_admin(session):
        return None
    return create_user(session, credentials(settings.admin_email, settings.admin_password), "admin")


def complete_setup(session: Session, token: str, email: str, password: str) -> Viewer:
    """The first admin, by a set-up link: it works once, and only while there is no admin.

    NotFound for a link that cannot be used, Conflict when there is an admin, Invalid for unfit values.
    """
    _lock_first_admin(session)
    sign_ins.use_setup_link(session, token)
    if has_admin(session):
        raise Conflict("There is an admin already. Sign in instead.")
    account = create_user(session, credentials(email, password), "admin")
    return Viewer(account.id, account.email, "admin")


def _lock_first_admin(session: Session) -> None:
    # SQLite has one writer at a time; on PostgreSQL two set-ups at once would both see no admin.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(FIRST_ADMIN_LOCK)))


def _keep_an_admin(session: Session, user: User) -> None:
    _lock_first_admin(session)
    others = select(User.id).where(User.role == "admin", User.disabled_at.is_(None), User.id != user.id)
    if session.scalar(others.limit(1)) is None:
        raise Conflict("This is the last admin. Make somebody else an admin first.")


def _by_email(session: Session, email: str) -> User:
    user = session.scalar(select(User).where(User.email == canonical_email(email)).with_for_update())
    if user is None:
        raise NotFound("account", email)
    return user


def viewer_of(account: Account) -> Viewer:
    """The person of an account as the rest of the platform sees them."""
    return Viewer(account.id, account.email, cast(AccountRole, account.role))


def known(role: str) -> str:
    """`role` if there is such a role, else Invalid."""
    if role not in ROLES:
        raise Invalid("There is no such role.", {"role": [f"Use one of {', '.join(ROLES)}."]})
    return role


def _account(user: User) -> Account:
    return Account(user.id, user.email, user.role, user.created_at)
