"""The audit log read: newest first, narrowed by closed filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from flask import Flask
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import AuditEvent, User, is_id
from rlflow_core.security.emails import canonical_email
from rlflow_core.services.errors import Invalid

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events are meant; None takes all. `person` is an id or an address, `since` counts and `until` does not."""

    action: str | None = None
    outcome: str | None = None
    person: str | None = None
    about: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditView:
    """One event as admins see it; `actor` is the address of who did it."""

    id: str
    created_at: datetime
    action: str
    outcome: str
    actor_id: str | None
    actor: str | None
    via: str
    ip: str | None
    request_id: str | None
    object_kind: str | None
    object_id: str | None
    details: dict[str, Any]


def page(session: Session, filters: Filters, limit: int, before: str | None = None) -> list[AuditView]:
    """At most `limit` events, newest first, that came before the one with id `before`; what is no id counts as none."""
    conditions = _conditions(filters)
    if before is not None and is_id(before):
        conditions.append(AuditEvent.id < before)
    query = (
        select(AuditEvent, User.email)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(*conditions)
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    return [_view(event, email) for event, email in session.execute(query)]


def lines(app: Flask, filters: Filters) -> Iterator[bytes]:
    """All these events as JSON lines, newest first; what happens meanwhile is not among them."""
    before: str | None = None
    while True:
        # A context must not stay open over a yield: who reads may stop at any line.
        with app.app_context(), db.reading() as session:
            events = page(session, filters, BATCH, before)
        yield b"".join(orjson.dumps(asdict(event), option=orjson.OPT_APPEND_NEWLINE) for event in events)
        if len(events) < BATCH:
            return
        before = events[-1].id


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.action:
        conditions.append(AuditEvent.action == filters.action)
    if filters.outcome:
        conditions.append(AuditEvent.outcome == filters.outcome)
    if filters.about:
        conditions.append(AuditEvent.object_id == filters.about)
    if filters.since:
        conditions.append(AuditEvent.created_at >= filters.since)
    if filters.until:
        conditions.append(AuditEvent.created_at < filters.until)
    if filters.person:
        conditions.append(AuditEvent.actor_id == _person(filters.person))
    return conditions


def _person(text: str) -> Any:
    if is_id(text):
        return text
    try:
        address = canonical_email(text)
    except Invalid:
        address = ""
    return select(User.id).where(User.email == address).scalar_subquery()


def _view(event: AuditEvent, email: str | None) -> AuditView:
    return AuditView(
        id=event.id,
        created_at=event.created_at,
        action=event.action,
        outcome=event.outcome,
        actor_id=event.actor_id,
        actor=email,
        via=event.via,
        ip=event.ip,
        request_id=event.request_id,
        object_kind=event.object_kind,
        object_id=event.object_id,
        details=event.details,
    )
