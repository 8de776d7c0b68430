"""Sign-ins of the API: a family of refresh tokens, each used once, of which the newest counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from rlflow_core.models import SignIn, User, new_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.origin import origin
from rlflow_core.security.secrets import fingerprint
from rlflow_core.security.tokens import ACCESS_LIFE, REFRESH_LIFE, Claims, access_token, refresh_token
from rlflow_core.services import audit
from rlflow_core.services.audit import Action
from rlflow_core.services.sign_ins import is_live, viewer_from

FAMILY_LIFE = timedelta(days=30)
# A client that lost the answer of a refresh asks again; within this time it gets the same successor.
GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client needs to call the API: `expires_in` counts the seconds of the access token."""

    access_token: str
    refresh_token: str
    expires_in: int


def open_family(session: Session, user_id: str) -> TokenPair:
    """Sign the person in to the API."""
    now, where = _now(), origin()
    user = session.get_one(User, user_id)
    family = SignIn(
        id=new_id(),
        user_id=user.id,
        kind="api",
        ip=where.ip,
        agent=where.agent,
        token_version=user.token_version,
        expires_at=now + FAMILY_LIFE,
    )
    token = _refresh_token(family, new_id(), now)
    family.secret_hash = fingerprint(token)
    session.add(family)
    audit.record(session, Action.SIGN_IN, ("user", user.id), actor_id=user.id, method="password")
    return _pair(family, token)


def viewer_of(session: Session, claims: Claims) -> Viewer | None:
    """The person whose access token it is, or None if the sign-in or the account has ended."""
    row = session.scalar(
        select(User)
        .join(SignIn, SignIn.user_id == User.id)
        .where(
            SignIn.id == claims.family_id,
            SignIn.user_id == claims.user_id,
            SignIn.kind == "api",
            *is_live(_now()),
        )
    )
    return viewer_from(row) if row else None


def rotate(session: Session, claims: Claims, token: str) -> TokenPair | None:
    """The successors of a refresh token, or None if it does not count; using an old one again ends the family."""
    now = _now()
    family = session.scalar(
        select(SignIn)
        .join(User, SignIn.user_id == User.id)
        .where(SignIn.id == claims.family_id, SignIn.user_id == claims.user_id, *is_live(now))
        .with_for_update(of=SignIn)
    )
    if family is None:
        return None
    if fingerprint(token) == family.secret_hash:
        family.previous_hash, family.rotated_at, family.seen_at = family.secret_hash, now, now
        successor = _successor(family, now)
        family.secret_hash = fingerprint(successor)
    else:
        repeated = _repeated(family, token, now)
        if repeated is None:
            family.revoked_at = now
            about = ("session", family.id)
            audit.record(session, Action.REFRESH_REUSED, about, outcome="refused", actor_id=family.user_id)
            return None
        successor = repeated
    session.flush()
    return _pair(family, successor)


def _repeated(family: SignIn, token: str, now: datetime) -> str | None:
    rotated_at = family.rotated_at
    if rotated_at is None or fingerprint(token) != family.previous_hash or now - rotated_at > GRACE:
        return None
    successor = _successor(family, rotated_at)
    return successor if fingerprint(successor) == family.secret_hash else None


def _successor(family: SignIn, issued_at: datetime) -> str:
    # Its id follows from the token before it, so that the same successor can be made again within the grace time.
    assert family.previous_hash is not None
    return _refresh_token(family, fingerprint(family.previous_hash)[:32], issued_at)


def _refresh_token(family: SignIn, token_id: str, issued_at: datetime) -> str:
    expires_at = min(issued_at + REFRESH_LIFE, family.expires_at)
    return refresh_token(family.user_id, family.id, token_id, issued_at, expires_at)


def _pair(family: SignIn, token: str) -> TokenPair:
    return TokenPair(
        access_token=access_token(family.user_id, family.id),
        refresh_token=token,
        expires_in=int(ACCESS_LIFE.total_seconds()),
    )


def _now() -> datetime:
    # Tokens count whole seconds.
    return datetime.now(UTC).replace(microsecond=0)
