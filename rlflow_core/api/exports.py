"""Exports: files for trainers, sent at once or made by a job."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from uuid import UUID

from flask import Response, current_app, request, send_file, url_for
from marshmallow import fields

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.api.paging import Page, PageArguments, decode, page_of
from rlflow_core.config import Settings
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.exports import ExportIn, ExportOut, ExportPageOut, PreviewIn, PreviewOut
from rlflow_core.security.user_limits import count_export
from rlflow_core.services.errors import Conflict, Invalid, NotFound
from rlflow_core.services.exports import requests
from rlflow_core.services.exports.build import folder_of
from rlflow_core.services.exports.containers import CONTAINERS, Container
from rlflow_core.services.exports.direct import MAX_SPOOLED_VOTES, DirectExport, refusal
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.exports.manifest import FILE_NAME as MANIFEST
from rlflow_core.services.exports.orders import MESSAGE, Order, Wish, order
from rlflow_core.services.exports.preview import Preview, preview
from rlflow_core.services.exports.requests import Export
from rlflow_core.services.exports.snapshot import snapshot
from rlflow_core.services.exports.traces import note_download
from rlflow_core.services.stream_places import take_place
from rlflow_core.this_app import this_app

blueprint = Blueprint("exports", __name__, url_prefix="/exports", description="Files for trainers.")

NDJSON = "application/x-ndjson"
JSON = "application/json"
OCTETS = "application/octet-stream"

FILE = {
    "200": {
        "description": "The file.",
        "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}},
    }
}
LINES = {
    "200": {
        "description": "The file itself; X-Content-SHA256 is its hash where it was complete before it was sent.",
        "headers": {
            "X-RLFlow-Export": {"description": "The id of the export.", "schema": {"type": "string"}}
        },
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


class ExportQuery(PageArguments):
    """Which exports are listed."""

    project = fields.UUID(load_default=None, metadata={"description": "Of this project only."})


@blueprint.route("", methods=["POST"])
@roles("researcher")
@blueprint.arguments(ExportIn)
@blueprint.response(202, ExportOut, description="A job makes the file; Location says where to look.")
@blueprint.described(responses=LINES)
@blueprint.errors(404, 409)
def create_export(body: dict[str, Any]) -> Any:
    """Export labels: small JSONL is answered at once, `stream` sends any JSONL, everything else becomes a job."""
    host, viewer = get_host(), current_user()
    wanted = order(db.read, host, viewer, _wish(body))
    count_export(viewer.id)
    is_small = not wanted.selection.has_votes(db.read, MAX_SPOOLED_VOTES)
    if _is_sent_now(wanted, body["stream"], is_small=is_small):
        return _sent(DirectExport(host, viewer, wanted), wanted.container, is_small=is_small)
    export = db.transact(requests.create, viewer, wanted, host.component_set())
    return export, 202, {"Location": url_for(".get_export", export_id=export.id)}


@blueprint.route("", methods=["GET"])
@roles("researcher")
@blueprint.arguments(ExportQuery, location="query")
@blueprint.response(200, ExportPageOut)
@blueprint.errors(404)
def list_exports(query: dict[str, Any]) -> Page:
    """List the exports of your projects, newest first."""
    before = decode(query["cursor"], str)[0] if query["cursor"] else None
    found = requests.list_visible(
        db.read,
        current_user(),
        project_id=str(query["project"]) if query["project"] else None,
        before=str(before) if before else None,
        limit=query["limit"] + 1,
    )
    return page_of(found, query["limit"], key=lambda export: (export.id,))


@blueprint.route("/preview", methods=["POST"])
@roles("researcher")
@blueprint.arguments(PreviewIn)
@blueprint.response(200, PreviewOut)
@blueprint.errors(404, 409)
def preview_export(body: dict[str, Any]) -> Preview:
    """Show the first rows of an export as a trainer would see them; nothing is stored."""
    host = get_host()
    wanted = order(db.read, host, current_user(), _wish(body))
    with ExitStack() as held:
        held.callback(take_place(this_app()))
        try:
            return preview(host, wanted, held.enter_context(snapshot()), body["limit"])
        except ExportFailed as failure:
            raise refusal(failure) from failure


@blueprint.route("/<uuid:export_id>", methods=["GET"])
@roles("researcher")
@blueprint.response(200, ExportOut)
@blueprint.errors(404)
def get_export(export_id: UUID) -> Export:
    """Show one export: how far it is, and what it came to."""
    return requests.get_visible(db.read, current_user(), str(export_id))


@blueprint.route("/<uuid:export_id>/download", methods=["GET"])
@roles("researcher")
@blueprint.described(responses=FILE)
@blueprint.errors(404, 409, 416)
def download_export(export_id: UUID) -> Response:
    """Download the data file; parts of it by Range."""
    export = _ready(export_id)
    return _file(export, export.files[-1], CONTAINERS[export.format].media_type)


@blueprint.route("/<uuid:export_id>/files/<name>", methods=["GET"])
@roles("researcher")
@blueprint.described(responses=FILE)
@blueprint.errors(404, 409, 416)
def download_file(export_id: UUID, name: str) -> Response:
    """Download one of the files that belong to an export, such as manifest.json."""
    export = _ready(export_id)
    if name not in export.files:
        raise NotFound("file of this export", name)
    return _file(export, name, JSON if name == MANIFEST else OCTETS)


def _wish(body: dict[str, Any]) -> Wish:
    return Wish(body["project"], body["layout"], body["format"], body["config"], body["filters"])


def _is_sent_now(wanted: Order, stream: bool | None, *, is_small: bool) -> bool:
    if stream and not wanted.container.streams:
        raise Invalid(
            MESSAGE, {"stream": [f"{wanted.container.key} cannot be streamed. Leave this out for a job."]}
        )
    if stream is False or not wanted.container.streams:
        return False
    return bool(stream) or is_small or any(kind == NDJSON for kind, _ in request.accept_mimetypes)


def _sent(export: DirectExport, container: Container, *, is_small: bool) -> Response:
    """The file as the answer: small ones whole and checked before, large ones as their rows are made."""
    app = this_app()
    with ExitStack() as held:
        held.callback(take_place(app))
        if is_small:
            answer = _file(export.whole(), export.file_name, container.media_type)
        else:
            answer = Response(export.stream(app), mimetype=container.media_type)
            answer.headers.set("Content-Disposition", "attachment", filename=export.file_name)
            answer.call_on_close(held.pop_all().close)
    answer.headers["X-RLFlow-Export"] = export.id
    return answer


def _ready(export_id: UUID) -> Export:
    export = requests.get_visible(db.read, current_user(), str(export_id))
    if not export.is_ready:
        raise Conflict(f"The export is {export.status}; it has no files.", code="not_ready")
    return export


def _file(export: Export, name: str, media_type: str) -> Response:
    settings: Settings = current_app.config["RLFLOW"]
    path = folder_of(settings, export.id) / name
    if not path.is_file():
        raise Conflict("The file is no longer on this server. Export again.", code="file_gone")
    if request.method == "GET":
        db.transact(note_download, export, name)
    answer = send_file(
        path,
        mimetype=media_type,
        as_attachment=True,
        download_name=name,
        conditional=request.method != "POST",
    )
    answer.headers["Cache-Control"] = "no-store"
    if name == export.files[-1]:
        answer.headers["X-Content-SHA256"] = export.sha256 or ""
    return answer
