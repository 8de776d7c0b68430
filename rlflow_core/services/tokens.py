"""API tokens: made once, shown once, kept as a fingerprint; scripts call the API with them as their owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, CursorResult, func, or_, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import ApiToken, User
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.security.secrets import fingerprint, new_secret
from rlflow_core.services import audit
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import Conflict, Forbidden, NotFound

PREFIX = "rlf_"
SHOWN = 8
MOST = 50
DEFAULT_DAYS = 90
MAX_DAYS = 366

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "write", "admin")


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as its owner sees it later: `start` are its first characters."""

    id: str
    name: str
    scope: str
    start: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made, with the only copy of its text."""

    view: TokenView
    secret: str


@dataclass(frozen=True, slots=True)
class TokenUse:
    """A token that came with a request: for whom it acts and what it may do."""

    id: str
    viewer: Viewer
    scope: str
    last_used_at: datetime | None


def create(session: Session, viewer: Viewer, name: str, scope: str, days: int | None) -> NewToken:
    """A new token of `viewer` that counts for `days` (None: until it is revoked)."""
    if scope == "admin" and viewer.role != "admin":
        raise Forbidden("Only admins have tokens of the scope admin. Use read or write.")
    now = datetime.now(UTC)
    mine = select(func.count()).select_from(ApiToken).where(ApiToken.user_id == viewer.id, *_live(now))
    if (session.scalar(mine) or 0) >= MOST:
        raise Conflict(f"You have {MOST} tokens. Revoke one that you no longer use.")
    secret = PREFIX + new_secret()
    token = ApiToken(
        user_id=viewer.id,
        name=name,
        scope=scope,
        start=secret[:SHOWN],
        token_hash=fingerprint(secret),
        created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    session.add(token)
    session.flush()
    audit.record(session, Action.TOKEN_MADE, ("token", token.id), name=name, scope=scope, days=days)
    return NewToken(_view(token), secret)


def list_own(session: Session, user_id: str) -> list[TokenView]:
    """The tokens of one person that still count, newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id, *_live(datetime.now(UTC)))
    return [_view(token) for token in session.scalars(query.order_by(ApiToken.id.desc()))]


def revoke(session: Session, user_id: str, token_id: str) -> None:
    """End one of the person's tokens at once; NotFound where they have no such token that counts."""
    if _end(session, ApiToken.id == token_id, ApiToken.user_id == user_id) != 1:
        raise NotFound("token", token_id)
    audit.record(session, Action.TOKEN_REVOKED, ("token", token_id))


def revoke_all(session: Session, user_id: str) -> int:
    """End all tokens of one person; how many there were."""
    return _end(session, ApiToken.user_id == user_id)


def find(session: Session, secret: str) -> TokenUse | None:
    """What the holder of `secret` may do now, or None where the token or its owner's account has ended."""
    row = session.execute(
        select(ApiToken, User)
        .join(User, User.id == ApiToken.user_id)
        .where(
            ApiToken.token_hash == fingerprint(secret),
            User.disabled_at.is_(None),
            *_live(datetime.now(UTC)),
        )
    ).first()
    if row is None:
        return None
    token, user = row
    # Without the scope admin an admin's token acts as a researcher's.
    role = "researcher" if user.role == "admin" and token.scope != "admin" else user.role
    viewer = Viewer(user.id, user.email, cast('Literal["researcher", "annotator", "admin"]', role))
    return TokenUse(token.id, viewer, token.scope, token.last_used_at)


def touch(session: Session, token_id: str) -> None:
    """Note that the token was used just now."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=datetime.now(UTC)))


def _live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
    )


def _end(session: Session, *conditions: ColumnElement[bool]) -> int:
    now = datetime.now(UTC)
    ended = cast(
        "CursorResult[Any]",
        session.execute(update(ApiToken).where(*conditions, *_live(now)).values(revoked_at=now)),
    )
    return ended.rowcount


def _view(token: ApiToken) -> TokenView:
    return TokenView(
        id=token.id,
        name=token.name,
        scope=token.scope,
        start=token.start,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )
