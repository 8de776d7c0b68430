"""A person's notifications: unread ones first, then the newest; nothing of projects that they may not see any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true, update
from sqlalchemy.orm import Session

from rlflow_core.models import Notification, Project, ProjectMember, db_now, is_id
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services.errors import NotFound
from rlflow_core.services.notification_text import message

FOR_ANNOTATORS = ("returned", "assigned")

_IS_READ = case((Notification.read_at.is_(None), 0), else_=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of notifications ended."""

    is_read: bool
    happened_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class NotificationView:
    """One line: what happened `count` times on its topic, the newest of it at `happened_at`; `details` names it."""

    id: str
    kind: str
    message: str
    project_id: str | None
    project_name: str | None
    details: Mapping[str, Any]
    count: int
    created_at: datetime
    happened_at: datetime
    read_at: datetime | None

    @property
    def place(self) -> Place:
        """Where a page that ends with this one ends."""
        return Place(self.read_at is not None, self.happened_at, self.id)


def unread(session: Session, viewer: Viewer) -> int:
    """How many lines `viewer` has not read: one query, whatever they have read before."""
    query = select(func.count()).where(_is_theirs(viewer), Notification.read_at.is_(None))
    return session.scalar(query) or 0


def page(
    session: Session, viewer: Viewer, limit: int, after: Place | None = None, *, only_unread: bool = False
) -> list[NotificationView]:
    """At most `limit` of the viewer's lines, unread ones first and the newest before others, from `after` on."""
    query = (
        select(Notification, Project.name)
        .outerjoin(Project, Project.id == Notification.project_id)
        .where(_is_theirs(viewer), _is_after(after))
        .order_by(_IS_READ, Notification.happened_at.desc(), Notification.id.desc())
        .limit(limit)
    )
    if only_unread:
        query = query.where(Notification.read_at.is_(None))
    return [_view(row, name) for row, name in session.execute(query)]


def get(session: Session, viewer: Viewer, notification_id: str) -> NotificationView:
    """One line of the viewer's; NotFound for anybody else's."""
    query = (
        select(Notification, Project.name)
        .outerjoin(Project, Project.id == Notification.project_id)
        .where(_is_theirs(viewer), Notification.id == notification_id)
    )
    found = session.execute(query).one_or_none() if is_id(notification_id) else None
    if found is None:
        raise NotFound("notification", notification_id)
    return _view(found[0], found[1])


def read(session: Session, viewer: Viewer, notification_id: str) -> NotificationView:
    """The line, read from now on; NotFound for anybody else's."""
    found = get(session, viewer, notification_id)
    _mark(session, Notification.id == found.id)
    return get(session, viewer, notification_id)


def read_all(session: Session, viewer: Viewer) -> int:
    """The number of lines that were unread, and are read now."""
    return _mark(session, _is_theirs(viewer))


def _mark(session: Session, which: ColumnElement[bool]) -> int:
    marked = session.scalars(
        update(Notification)
        .where(which, Notification.read_at.is_(None))
        .values(read_at=db_now())
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.expire_all()
    return len(marked)


def _is_theirs(viewer: Viewer) -> ColumnElement[bool]:
    mine = Notification.user_id == viewer.id
    return mine if viewer.role == "admin" else and_(mine, _may_see(viewer))


def _may_see(viewer: Viewer) -> ColumnElement[bool]:
    is_researcher = (ProjectMember.role == "researcher") if viewer.role == "researcher" else false()
    member = select(ProjectMember.user_id).where(
        ProjectMember.project_id == Notification.project_id,
        ProjectMember.user_id == viewer.id,
        ProjectMember.left_at.is_(None),
        or_(Notification.kind.in_(FOR_ANNOTATORS), is_researcher),
    )
    return or_(Notification.project_id.is_(None), member.exists())


def _is_after(place: Place | None) -> ColumnElement[bool]:
    if place is None:
        return true()
    older = or_(
        Notification.happened_at < place.happened_at,
        and_(Notification.happened_at == place.happened_at, Notification.id < place.id),
    )
    if place.is_read:
        return and_(Notification.read_at.is_not(None), older)
    return or_(Notification.read_at.is_not(None), older)


def _view(row: Notification, project_name: str | None) -> NotificationView:
    return NotificationView(
        id=row.id,
        kind=row.kind,
        message=message(row.kind, project_name or "", row.details, row.count),
        project_id=row.project_id,
        project_name=project_name,
        details=row.details,
        count=row.count,
        created_at=row.created_at,
        happened_at=row.happened_at,
        read_at=row.read_at,
    )
