"""Notifications: what happened that you should know."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import fields

from rlflow_core.api.access import SIGNED_IN, current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.api.paging import Key, PageArguments, decode, page_of
from rlflow_core.extensions import db
from rlflow_core.models import is_id
from rlflow_core.schemas.notifications import NotificationOut, NotificationPageOut, ReadOut
from rlflow_core.services import notifications
from rlflow_core.services.errors import Invalid
from rlflow_core.services.notifications import NotificationView, Place

blueprint = Blueprint(
    "notifications", __name__, url_prefix="/notifications", description="What happened that you should know."
)


class ListArguments(PageArguments):
    """Which notifications."""

    unread = fields.Boolean(load_default=False, metadata={"description": "Only those that are not read."})


@blueprint.route("", methods=["GET"])
@roles(*SIGNED_IN)
@blueprint.arguments(ListArguments, location="query")
@blueprint.response(200, NotificationPageOut)
def list_notifications(query: dict[str, Any]) -> dict[str, Any]:
    """List your notifications, unread ones first; of a project only while you belong to it."""
    viewer, limit = current_user(), query["limit"]
    rows = notifications.page(
        db.read, viewer, limit + 1, _place(query["cursor"]), only_unread=query["unread"]
    )
    page = page_of(rows, limit, key=_key)
    return {"items": page.items, "next": page.next, "unread": notifications.unread(db.read, viewer)}


@blueprint.route("/<uuid:notification_id>/read", methods=["POST"])
@roles(*SIGNED_IN)
@blueprint.response(200, NotificationOut)
@blueprint.errors(404)
def read_one(notification_id: UUID) -> NotificationView:
    """Mark one of your notifications as read."""
    return db.transact(notifications.read, current_user(), str(notification_id))


@blueprint.route("/read-all", methods=["POST"])
@roles(*SIGNED_IN)
@blueprint.response(200, ReadOut)
def read_all() -> dict[str, int]:
    """Mark all your notifications as read."""
    return {"read": db.transact(notifications.read_all, current_user())}


def _key(row: NotificationView) -> Key:
    place = row.place
    return (int(place.is_read), place.happened_at.isoformat(), place.id)


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    is_read, happened_at, key = decode(cursor, int, str, str)
    try:
        when = datetime.fromisoformat(str(happened_at))
    except ValueError:
        when = None
    if when is None or when.tzinfo is None or not is_id(str(key)):
        raise Invalid(
            "The page does not exist.", {"query": {"cursor": ["Use the `next` of a page as it came."]}}
        )
    return Place(bool(is_read), when, str(key))
