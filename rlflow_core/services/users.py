"""People as admins see and change them: lists, roles, closing, ending sessions, links for a new password."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, func, select, update
from sqlalchemy.orm import Session

from rlflow_core.models import ProjectMember, SignIn, User
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services import accounts, audit, projects, sign_ins, tokens
from rlflow_core.services.accounts import Credentials
from rlflow_core.services.audit import Action
from rlflow_core.services.errors import Conflict, Forbidden, NotFound

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """Which people are meant; None takes all. `text` is a part of the address."""

    text: str | None = None
    role: str | None = None
    kind: str | None = None
    disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class UserView:
    """A person as admins see them; `last_seen_at` is of their newest sign-in that is still known."""

    id: str
    email: str
    role: str
    kind: str
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    last_seen_at: datetime | None
    projects: int

    @property
    def disabled(self) -> bool:
        """Whether the account is closed."""
        return self.disabled_at is not None


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account that was just made, with the token of the link by which its owner chooses a password."""

    user: UserView
    link: str


def page(session: Session, filters: Filters, limit: int, after: str | None = None) -> list[UserView]:
    """At most `limit` people in the order of their addresses, after the one with address `after`."""
    query = _views().where(*_conditions(filters)).order_by(User.email).limit(limit)
    if after is not None:
        query = query.where(User.email > after)
    return [_view(*row) for row in session.execute(query)]


def get(session: Session, user_id: str) -> UserView:
    """The person with this id."""
    row = session.execute(_views().where(User.id == user_id)).first()
    if row is None:
        raise NotFound("account", user_id)
    return _view(*row)


def create_many(
    session: Session, viewer: Viewer, people: Sequence[tuple[str, str]], project_id: str | None = None
) -> list[NewUser]:
    """An account for each (canonical) address and role, all or none, as members of the project where one is named."""
    if project_id is not None:
        projects.get_visible(session, viewer, project_id)
    _refuse_known(session, [email for email, _ in people])
    made = []
    for email, role in people:
        account = accounts.create_user(session, Credentials(email, None), role)
        if project_id is not None:
            projects.add_member(session, project_id, account.id, _member_role(role))
        made.append((account.id, sign_ins.create_link(session, "password", account.id)))
    views = {row[0].id: _view(*row) for row in session.execute(_views().where(User.id.in_(dict(made))))}
    return [NewUser(views[user_id], link) for user_id, link in made]


def change(
    session: Session, user_id: str, *, role: str | None = None, disabled: bool | None = None
) -> UserView:
    """The person with another role, closed or opened; what is None stays. Conflict for the last admin."""
    user = _person(session, user_id)
    if role is not None:
        accounts.give_role(session, user, role)
    if disabled is True:
        accounts.close(session, user)
    elif disabled is False:
        accounts.reopen(session, user)
    session.flush()
    return get(session, user_id)


def end_sessions(session: Session, user_id: str) -> int:
    """End every sign-in and API token of a person at once; how many sign-ins and tokens there were."""
    user = _person(session, user_id)
    user.token_version += 1
    ended = _revoke_sign_ins(session, user_id)
    ended_tokens = tokens.revoke_all(session, user_id)
    audit.record(session, Action.SESSIONS_ENDED, ("user", user_id), sign_ins=ended, tokens=ended_tokens)
    return ended + ended_tokens


def create_password_link(session: Session, user_id: str) -> str:
    """The token of a link by which the person chooses a new password, once, within 24 hours."""
    user = _person(session, user_id)
    if user.disabled_at is not None:
        raise Conflict("This account is closed. Open it first.")
    audit.record(session, Action.LINK_MADE, ("user", user.id), purpose="password")
    return sign_ins.create_link(session, "password", user.id)


def id_of(session: Session, email: str) -> str:
    """The id of the account with this (canonical) address."""
    user_id = session.scalar(select(User.id).where(User.email == email))
    if user_id is None:
        raise NotFound("account", email)
    return user_id


def _views() -> Select[Any]:
    seen = select(func.max(SignIn.seen_at)).where(SignIn.user_id == User.id).scalar_subquery()
    joined = select(func.count()).where(ProjectMember.user_id == User.id).scalar_subquery()
    return select(User, seen, joined)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.text:
        conditions.append(User.email.icontains(filters.text, autoescape=True))
    if filters.role:
        conditions.append(User.role == filters.role)
    if filters.kind:
        conditions.append(User.kind == filters.kind)
    if filters.disabled is not None:
        is_closed = User.disabled_at.is_not(None)
        conditions.append(is_closed if filters.disabled else ~is_closed)
    return conditions


def _person(session: Session, user_id: str) -> User:
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise NotFound("account", user_id)
    if user.kind != "human":
        raise Forbidden(
            "Nobody signs in to this account: it stands for a model or for an imported annotator."
        )
    return user


def _refuse_known(session: Session, emails: Collection[str]) -> None:
    known = sorted(session.scalars(select(User.email).where(User.email.in_(emails))))
    if known:
        raise Conflict(
            "Some addresses have an account. Leave them out.",
            {"users": [f"{email} has an account." for email in known]},
        )


def _revoke_sign_ins(session: Session, user_id: str) -> int:
    now = datetime.now(UTC)
    ended = session.execute(
        update(SignIn)
        .where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.expires_at > now)
        .values(revoked_at=now)
    )
    return cast("CursorResult[Any]", ended).rowcount


def _member_role(role: str) -> str:
    return "annotator" if role == "annotator" else "researcher"


def _view(user: User, seen_at: datetime | None, joined: int) -> UserView:
    return UserView(
        id=user.id,
        email=user.email,
        role=user.role,
        kind=user.kind,
        created_at=user.created_at,
        disabled_at=user.disabled_at,
        has_password=user.password_hash is not None,
        last_seen_at=seen_at,
        projects=joined,
    )
