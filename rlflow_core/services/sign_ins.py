"""Sign-ins: web sessions, what ends them, and one-time links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import OneTimeLink, SignIn, User
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.origin import origin
from rlflow_core.security.secrets import fingerprint, new_secret
from rlflow_core.services import audit
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import NotFound

WEB_IDLE = timedelta(hours=12)
WEB_LIFE = timedelta(days=7)
# Long enough to tell whose sign-in a late form or a repeated token was.
KEPT = timedelta(days=30)
LINK_LIFE = timedelta(hours=24)
USABLE_LINK = "link that can still be used"


@dataclass(frozen=True, slots=True)
class WebSession:
    """A web session that stands: who it is, and the token its forms carry."""

    id: str
    viewer: Viewer
    csrf_token: str
    seen_at: datetime


def is_live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a sign-in (joined with its user) still counts."""
    return (
        SignIn.revoked_at.is_(None),
        SignIn.expires_at > now,
        SignIn.token_version == User.token_version,
        User.disabled_at.is_(None),
    )


def is_in_use(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The condition under which a sign-in was not left alone for too long: the web's end when idle."""
    return (or_(SignIn.kind == "api", SignIn.seen_at > now - WEB_IDLE),)


def viewer_from(user: User) -> Viewer:
    """`user` as the rest of the platform sees them."""
    return Viewer(user.id, user.email, cast('Literal["researcher", "annotator", "admin"]', user.role))


def open_web(session: Session, user_id: str, method: str = "password") -> str:
    """Sign the person in to the web, by `method`; the secret that the browser keeps."""
    user = session.get_one(User, user_id)
    secret = new_secret()
    now = datetime.now(UTC)
    where = origin()
    session.add(
        SignIn(
            user_id=user.id,
            ip=where.ip,
            agent=where.agent,
            kind="web",
            secret_hash=fingerprint(secret),
            csrf_token=new_secret(),
            token_version=user.token_version,
            seen_at=now,
            expires_at=now + WEB_LIFE,
        )
    )
    audit.record(session, Action.SIGN_IN, ("user", user.id), actor_id=user.id, method=method)
    return secret


def find_web(session: Session, secret: str) -> WebSession | None:
    """The session of a browser's secret, or None if it has ended or was idle for 12 hours."""
    now = datetime.now(UTC)
    row = session.execute(
        select(SignIn, User)
        .join(User, SignIn.user_id == User.id)
        .where(
            SignIn.secret_hash == fingerprint(secret),
            SignIn.kind == "web",
            SignIn.seen_at > now - WEB_IDLE,
            *is_live(now),
        )
    ).first()
    if row is None:
        return None
    sign_in, user = row
    return WebSession(sign_in.id, viewer_from(user), sign_in.csrf_token or "", sign_in.seen_at)


def csrf_token_of(session: Session, secret: str) -> str | None:
    """The token of the forms of a browser's sign-in, also if that has ended; None if it is unknown."""
    return session.scalar(
        select(SignIn.csrf_token).where(SignIn.secret_hash == fingerprint(secret), SignIn.kind == "web")
    )


def touch(session: Session, sign_in_id: str) -> None:
    """Note that the session was used just now."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=datetime.now(UTC)))


def revoke(session: Session, sign_in_id: str) -> None:
    """End one sign-in, of the web or of the API, for good."""
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )


def sign_out(session: Session, sign_in_id: str) -> None:
    """End one sign-in because its person said so."""
    revoke(session, sign_in_id)
    audit.record(session, Action.SIGN_OUT, ("session", sign_in_id))


def purge(session: Session) -> int:
    """Forget sign-ins and links that ended KEPT ago or before; how many."""
    statements = (delete(SignIn).where(_is_old(SignIn)), delete(OneTimeLink).where(_is_old(OneTimeLink)))
    return sum(cast("CursorResult[Any]", session.execute(statement)).rowcount for statement in statements)


def any_to_purge(session: Session) -> bool:
    """Whether `purge` would find anything."""
    old = or_(*(select(kind.id).where(_is_old(kind)).exists() for kind in (SignIn, OneTimeLink)))
    return bool(session.scalar(select(old)))


def _is_old(kind: type[SignIn] | type[OneTimeLink]) -> ColumnElement[bool]:
    return kind.expires_at < datetime.now(UTC) - KEPT


def create_setup_link(session: Session) -> str:
    """The token of a link that lets its holder become the first admin, once, within 24 hours; older ones end."""
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.purpose == "setup", OneTimeLink.used_at.is_(None))
        .values(used_at=datetime.now(UTC))
    )
    return create_link(session, "setup", None)


def create_sign_in_link(session: Session, email: str) -> str:
    """The token of a link that signs the person with this (canonical) address in, once, within 24 hours."""
    user = session.scalar(
        select(User).where(User.email == email, User.disabled_at.is_(None), User.kind == "human")
    )
    if user is None:
        raise NotFound("account", email)
    audit.record(session, Action.LINK_MADE, ("user", user.id), purpose="sign_in")
    return create_link(session, "sign_in", user.id)


def is_setup_link(session: Session, token: str) -> bool:
    """Whether `token` is a set-up link that can still be used."""
    query = select(OneTimeLink.id).where(*_usable(token, "setup"))
    return session.scalar(query) is not None


def email_of_link(session: Session, token: str, purpose: str) -> str:
    """The address of the person whom a link is for; NotFound if it cannot be used any more."""
    email = session.scalar(
        select(User.email)
        .join(OneTimeLink, OneTimeLink.user_id == User.id)
        .where(User.disabled_at.is_(None), *_usable(token, purpose))
    )
    if email is None:
        raise NotFound(USABLE_LINK)
    return email


def use_setup_link(session: Session, token: str) -> None:
    """Use a set-up link up; NotFound if it is unknown, used or too old."""
    use_link(session, token, "setup")


def use_sign_in_link(session: Session, token: str) -> Viewer:
    """The person whom a sign-in link is for; the link is used up. NotFound if it is unknown, used or too old."""
    return viewer_from(use_link_of_person(session, token, "sign_in"))


def use_link_of_person(session: Session, token: str, purpose: str) -> User:
    """The person whom a link is for, if their account is open; the link is used up, else NotFound."""
    user_id = session.scalar(select(OneTimeLink.user_id).where(*_usable(token, purpose)))
    use_link(session, token, purpose)
    user = session.scalar(select(User).where(User.id == user_id, User.disabled_at.is_(None)))
    if user is None:
        raise NotFound(USABLE_LINK)
    return user


def create_link(session: Session, purpose: str, user_id: str | None) -> str:
    """The token of a new link that can be used once, within 24 hours."""
    token = new_secret()
    session.add(
        OneTimeLink(
            token_hash=fingerprint(token),
            purpose=purpose,
            user_id=user_id,
            expires_at=datetime.now(UTC) + LINK_LIFE,
        )
    )
    session.flush()
    return token


def use_link(session: Session, token: str, purpose: str) -> None:
    """Use a link up; NotFound if it is unknown, used or too old."""
    # One conditional update: of two who use the link at once, one finds it used.
    used = cast(
        "CursorResult[Any]",
        session.execute(
            update(OneTimeLink).where(*_usable(token, purpose)).values(used_at=datetime.now(UTC))
        ),
    )
    if used.rowcount != 1:
        raise NotFound(USABLE_LINK)


def _usable(token: str, purpose: str) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeLink.token_hash == fingerprint(token),
        OneTimeLink.purpose == purpose,
        OneTimeLink.used_at.is_(None),
        OneTimeLink.expires_at > datetime.now(UTC),
    )
