"""The audit log: who did what, when and from where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import audit_lists, audit_reads
from rlflow_core.services.audit import OUTCOMES, Action
from rlflow_core.services.audit_lists import Filters
from rlflow_core.services.stream_places import take_place
from rlflow_core.this_app import this_app
from rlflow_web.audit_text import action_title, summary
from rlflow_web.requests import page

blueprint = Blueprint("audit", __name__)

SHOWN = 100
ACTIONS = {action.value: action_title(action.value) for action in Action}
NAMES = ("action", "outcome", "person", "about", "since", "until")


@blueprint.get("/audit")
@web_roles("admin")
def index() -> ResponseReturnValue:
    """Events, newest first, narrowed by what the form above them says."""
    given, filters = _given(), _filters()
    found = audit_lists.page(db.read, filters, SHOWN + 1, request.args.get("before"))
    shown = found[:SHOWN]
    db.transact(audit_reads.note_audit, filters, as_file=False)
    more = urlencode({**given, "before": shown[-1].id}) if len(found) > SHOWN else ""
    return page(
        "audit/list.html",
        events=[(event, action_title(event.action), summary(event)) for event in shown],
        actions=ACTIONS,
        outcomes=OUTCOMES,
        given=given,
        query=urlencode({name: value for name, value in given.items() if value}),
        more=f"/audit?{more}" if more else "",
    )


@blueprint.get("/audit/download")
@web_roles("admin")
def download() -> Response:
    """The same events as JSON lines."""
    app = this_app()
    filters = _filters()
    db.transact(audit_reads.note_audit, filters, as_file=True)
    release = take_place(app)
    answer = Response(audit_lists.lines(app, filters), mimetype="application/x-ndjson")
    answer.headers.set("Content-Disposition", "attachment", filename="rlflow-audit.jsonl")
    answer.headers["Cache-Control"] = "no-store"
    answer.call_on_close(release)
    return answer


def _given() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:320] for name in NAMES}


def _filters() -> Filters:
    """What the form says; a value that does not fit narrows nothing, since the form offers none."""
    given = _given()
    until = _day(given["until"])
    return Filters(
        action=given["action"] if given["action"] in ACTIONS else None,
        outcome=given["outcome"] if given["outcome"] in OUTCOMES else None,
        person=given["person"] or None,
        about=given["about"] or None,
        since=_day(given["since"]),
        until=until + timedelta(days=1) if until else None,
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
