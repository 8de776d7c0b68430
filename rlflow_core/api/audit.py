"""The audit log: who did what, when and from where."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from flask import Response
from marshmallow import fields, validate

from rlflow_core.api.access import roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.api.id_pages import id_after, page_by_id
from rlflow_core.api.paging import Page, PageArguments
from rlflow_core.extensions import db
from rlflow_core.schemas import InSchema
from rlflow_core.schemas.audit import ACTIONS, AuditPageOut
from rlflow_core.services import audit_lists, audit_reads
from rlflow_core.services.audit import OUTCOMES
from rlflow_core.services.audit_lists import Filters
from rlflow_core.services.stream_places import take_place
from rlflow_core.this_app import this_app

blueprint = Blueprint("audit", __name__, url_prefix="/audit", description="What happened, for admins.")

NDJSON = "application/x-ndjson"
FILE_NAME = "rlflow-audit.jsonl"
LINES = {"200": {"description": "One event a line.", "content": {NDJSON: {"schema": {"type": "string"}}}}}


class AuditQuery(InSchema):
    """Which events are meant."""

    action = fields.String(load_default=None, validate=validate.OneOf(ACTIONS))
    outcome = fields.String(load_default=None, validate=validate.OneOf(OUTCOMES))
    person = fields.String(
        load_default=None,
        validate=validate.Length(max=320),
        metadata={"description": "Who did it: an id or an address."},
    )
    about = fields.String(
        load_default=None,
        validate=validate.Length(max=80),
        metadata={"description": "The id of what it was done to."},
    )
    since = fields.AwareDateTime(load_default=None, metadata={"description": "From this time on."})
    until = fields.AwareDateTime(load_default=None, metadata={"description": "Before this time."})


class AuditPageQuery(PageArguments, AuditQuery):
    """Which events are listed."""


@blueprint.route("", methods=["GET"])
@roles("admin")
@blueprint.arguments(AuditPageQuery, location="query")
@blueprint.response(200, AuditPageOut)
def list_events(query: dict[str, Any]) -> Page:
    """List events, newest first; that you looked becomes one too."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    filters = Filters(**query)
    rows = audit_lists.page(db.read, filters, limit + 1, id_after(cursor))
    db.transact(audit_reads.note_audit, filters, as_file=False)
    return page_by_id(rows, limit)


@blueprint.route("/download", methods=["GET"])
@roles("admin")
@blueprint.arguments(AuditQuery, location="query")
@blueprint.described(responses=LINES)
def download_events(query: dict[str, Any]) -> Response:
    """Download events as JSON lines, newest first; that you did becomes one too."""
    app = this_app()
    filters = Filters(**query)
    db.transact(audit_reads.note_audit, filters, as_file=True)
    with ExitStack() as held:
        held.callback(take_place(app))
        answer = Response(audit_lists.lines(app, filters), mimetype=NDJSON)
        answer.headers.set("Content-Disposition", "attachment", filename=FILE_NAME)
        answer.call_on_close(held.pop_all().close)
    return answer
