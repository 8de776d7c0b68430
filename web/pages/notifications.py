"""A person's notifications, unread ones first; opening one marks it as read and leads to what it is about."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security.roles import SIGNED_IN
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import notifications
from rlflow_core.services.errors import NotFound
from rlflow_web import notification_links
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")

SHOWN = 50


@blueprint.get("")
@web_roles(*SIGNED_IN)
def show() -> ResponseReturnValue:
    """All lines of this person, from the one named on."""
    return page("notifications/list.html", **_listed(request.args.get("after")))


@blueprint.post("/<notification_id>/open")
@web_roles(*SIGNED_IN)
def open_one(notification_id: str) -> ResponseReturnValue:
    """Mark the line as read and go where it leads."""
    return see(notification_links.href(db.transact(notifications.read, viewer(), notification_id)))


@blueprint.post("/<notification_id>/read")
@web_roles(*SIGNED_IN)
def read_one(notification_id: str) -> ResponseReturnValue:
    """Mark the line as read."""
    db.transact(notifications.read, viewer(), notification_id)
    return see("/notifications")


@blueprint.post("/read-all")
@web_roles(*SIGNED_IN)
def read_all() -> ResponseReturnValue:
    """Mark every line as read."""
    count = db.transact(notifications.read_all, viewer())
    flash(f"{count} marked as read." if count else "All were read already.", "ok")
    return see("/notifications")


def _listed(after: str | None) -> dict[str, Any]:
    place = None
    if after:
        try:
            place = notifications.get(db.read, viewer(), after).place
        except NotFound:
            # It may be gone by now: the list begins anew.
            place = None
    lines = notifications.page(db.read, viewer(), SHOWN + 1, place)
    return {
        "lines": lines[:SHOWN],
        "next_after": lines[SHOWN - 1].id if len(lines) > SHOWN else None,
        "is_first": place is None,
        "icons": notification_links.ICONS,
        "colours": notification_links.COLOURS,
        "unread_count": notifications.unread(db.read, viewer()),
    }
